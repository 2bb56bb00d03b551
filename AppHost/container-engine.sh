#!/bin/sh
# A container engine of the platform's own: container-engine.sh DATA RUN
#   DATA  keeps images and volumes, and engine.log of the last start
#   RUN   docker.sock and what lives as long as the engine; ends in a name that is unique on this machine
# Told to end (SIGTERM) it ends the engine with all containers, and leaves nothing but DATA. Needs root and Debian's docker.io.
#
# It gets along with other engines of the machine: a bridge, a containerd namespace and folders of its own; and where another engine runs it leaves the
# firewall's rules alone, as an engine that starts throws away those of the other. Published ports work either way, but then containers don't reach the world.
set -u
PATH=$PATH:/usr/sbin:/sbin
data=$1
run=$2
name=${run##*-}
bridge=plat-$name

for program in dockerd ip iptables; do
  command -v $program >/dev/null || { echo "$program is not installed: apt-get install docker.io iproute2" >&2; exit 1; }
done

other_engine() {
  for process in /proc/[0-9]*; do
    read -r command 2>/dev/null <"$process/comm" && [ "$command" = dockerd ] && return 0
  done
  return 1
}

# What a bridge, a mount or a folder is left of this engine.
clean() {
  for network in $networks; do ip link delete "br-$network" 2>/dev/null; done
  ip link delete "$bridge" 2>/dev/null
  grep -o " $run/[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
  rm -rf "$run"
}

networks=
mkdir -p "$data" "$run" || exit 1
chmod 700 "$data" "$run"
firewall=true
if other_engine; then firewall=false; fi
ip link add "$bridge" type bridge 2>/dev/null
ip link set "$bridge" up

dockerd --data-root "$data" --exec-root "$run/exec" --pidfile "$run/pid" --host "unix://$run/docker.sock" --group root \
  --bridge "$bridge" --iptables=$firewall --ip6tables=false --containerd-namespace "platform-$name" --containerd-plugins-namespace "platform-$name-plugins" \
  --log-level error </dev/null >"$data/engine.log" 2>&1 &
engine=$!

end() {
  # Known while it still answers; it leaves their bridges behind.
  networks=$(docker --host "unix://$run/docker.sock" network ls --quiet --filter driver=bridge 2>/dev/null)
  kill -TERM $engine 2>/dev/null
}
trap end TERM INT HUP
while true; do
  wait $engine
  code=$?
  kill -0 $engine 2>/dev/null || break
done
trap '' TERM INT HUP
[ $code -eq 0 ] || tail -n 5 "$data/engine.log" >&2
clean
exit $code
