#!/usr/bin/env bash
# Collects what an image needs from a build: collect.sh BUILD ROOT
#
# ROOT/programs/bin gets the services without their debug symbols, ROOT/programs/lib the libraries
# of Swift that they are linked with.
set -euo pipefail
build=$1
programs=$2/programs

mkdir -p "$programs/bin" "$programs/lib"
for service in router expert-worker knowledge-store; do
    strip -o "$programs/bin/$service" "$build/$service"
done
linked=$(ldd "$programs"/bin/*)
swift=$(dirname "$(awk '$1 == "libswiftCore.so" { print $3; exit }' <<<"$linked")")
awk -v folder="$swift/" 'index($3, folder) == 1 { print $3 }' <<<"$linked" | sort -u |
    xargs cp --dereference --target-directory="$programs/lib"
