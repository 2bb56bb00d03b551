#!/usr/bin/env bash
# Makes what the image is built from: build.sh FOLDER [TAG]
#   FOLDER gets the Dockerfile and root/, the whole file system of the image.
#   TAG: the image is built as well, with the docker client.
# The options of `dotnet publish` can be added by DOTNET_PUBLISH_OPTIONS.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: $0 FOLDER [TAG]" >&2
  exit 2
fi
mkdir -p "$1"
to=$(cd -- "$1" && pwd)

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "error wrong_machine: the image is for linux-x64 and takes its C libraries from the machine it is built on, which is $(uname -s)-$(uname -m)" >&2
  exit 1
fi

rm -rf "$to/root"
# Its own folder for what is made on the way: a build for one machine and one for any would take turns in spoiling each other.
# shellcheck disable=SC2086 # a list of options
dotnet publish "$here/tables-ndc.csproj" -c Release -r linux-x64 --self-contained -p:PublishReadyToRun=true -p:DebugType=none -p:ArtifactsPath="$to.build" \
  -o "$to/root/connector" -v q --nologo -tl:off ${DOTNET_PUBLISH_OPTIONS:-} </dev/null

# What the runtime has for cases that never come: debugging, dumps, HTTPS, whose OpenSSL is not in the image.
for unneeded in createdump libmscordaccore.so libmscordbi.so libcoreclrtraceptprovider.so; do
  rm -f "$to/root/connector/$unneeded"
done

# The C libraries, wherever this machine has them, where the loader looks without any configuration.
libraries=$to/root/lib/x86_64-linux-gnu
mkdir -p "$libraries" "$to/root/lib64" "$to/root/tmp" "$to/root/etc/connector"
{
  ldd "$to/root/connector/tables-ndc"
  find "$to/root/connector" -name '*.so' -exec ldd {} \;
} 2>/dev/null | sed -n 's/^[[:space:]]*\(.* => \)\?\(\/[^ ]*\) (0x.*/\2/p' | sort -u | while read -r library; do
  case $library in
    "$to"/*) ;;
    */ld-linux-x86-64.so.2) cp -L "$library" "$to/root/lib64/" ;;
    *) cp -L "$library" "$libraries/" ;;
  esac
done
# Whoever the container runs as may read all of it.
chmod -R a+rX,go-w "$to/root"

cp "$here/Dockerfile" "$to/Dockerfile"
if [ $# -eq 2 ]; then
  docker build --quiet --tag "$2" "$to"
fi
