# Outlives the AppHost by moments: reads which processes run (root PID SIGNAL, gone PID) until the AppHost ends, however it ends,
# then ends every process of the run and removes the run's folders. $1: the run's folder, which all children have as TMPDIR.
trap '' INT TERM HUP
exec >/dev/null 2>&1
cd /
unset TMPDIR
dir=$1
roots=' '
while read -r verb pid signal; do
  case $verb in
    root) roots="$roots$pid:$signal " ;;
    gone)
      kept=' '
      for root in $roots; do [ "${root%%:*}" = "$pid" ] || kept="$kept$root "; done
      roots=$kept ;;
  esac
done

# Sets $alive: the roots, whoever carries the run's TMPDIR, and all their descendants and sessions.
collect() {
  found=' '
  for root in $roots; do found="$found${root%%:*} "; done
  for file in $(grep -lzxF "TMPDIR=$dir" /proc/[0-9]*/environ); do
    pid=${file#/proc/}
    found="$found${pid%%/*} "
  done
  table=
  for file in /proc/[0-9]*/stat; do
    { read -r line < "$file"; } || continue
    pid=${file#/proc/}
    pid=${pid%%/*}
    # shellcheck disable=SC2086
    set -- ${line##*) }
    [ "$1" = Z ] || [ "$pid" = $$ ] || table="$table$pid $2 $4
"
  done
  grown=1
  while [ $grown = 1 ]; do
    grown=0
    while read -r pid parent session; do
      case $found in *" $pid "*) continue ;; esac
      case $found in *" $parent "* | *" $session "*) found="$found$pid "; grown=1 ;; esac
    done <<EOF
$table
EOF
  done
  alive=
  while read -r pid parent session; do
    case $found in *" $pid "*) alive="$alive $pid" ;; esac
  done <<EOF
$table
EOF
}

roots_alive() {
  for root in $roots; do
    case "$alive " in *" ${root%%:*} "*) kill -0 "${root%%:*}" && return 0 ;; esac
  done
  return 1
}

# The roots end in order, and with them what they started; who is left then has nobody that would end it.
collect
for root in $roots; do
  case "$alive " in *" ${root%%:*} "*) kill -"${root##*:}" "${root%%:*}" ;; esac
done
tries=80
while [ $tries -gt 0 ] && roots_alive; do
  sleep 0.1
  tries=$((tries - 1))
done
earlier=$alive
collect
for pid in $earlier $alive; do
  kill -KILL "$pid"
done
case $dir in
  /tmp/cp-??????) rm -rf "$dir" "$dir"-* ;;
esac
