#!/bin/sh
# Regenerates Shared/CProtobuf from Proto/*.proto. With an argument, writes into that folder instead (CI compares the two).
set -eu
cd "$(dirname "$0")"
target=${1:-../Shared/CProtobuf}
include=$(pkg-config --variable=includedir libprotobuf-c)
mkdir -p "$target/include"
protoc -I. -I"$include" --c_out="$target" ./*.proto
mv "$target"/*.pb-c.h "$target/include/"
{
    echo '// Every generated header, so that SwiftPM makes one module of them. Written by Proto/generate.sh.'
    for file in *.proto; do echo "#include \"${file%.proto}.pb-c.h\""; done
} > "$target/include/CProtobuf.h"
