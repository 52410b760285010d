#!/usr/bin/env bash
# Debian 12 with its security suite, as a tar file: base.sh TAR
#
# It stands for the official debian:bookworm-slim where no registry can be reached. The libraries that
# the images install are in it already, because an engine in a network of its own reaches no mirror.
set -euo pipefail
tar=$1
mirror=http://deb.debian.org
libraries=libevent-core-2.1-7,libprotobuf-c1,libsqlite3-0,libssl3,libstdc++6,libutf8proc2,libpq5

# A tar that was made for other libraries is made anew.
[ ! -e "$tar" ] || [ "$(cat "$tar.libraries" 2>/dev/null)" != "$libraries" ] || exit 0
echo "containers: debootstrap of bookworm and bookworm-security into $tar" >&2
trap 'rm -f "$tar.part"' EXIT
mmdebstrap --quiet --variant=minbase --format=tar --include="$libraries" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "0"' \
    bookworm "$tar.part" \
    "deb $mirror/debian bookworm main" "deb $mirror/debian-security bookworm-security main"
mv "$tar.part" "$tar"
echo "$libraries" >"$tar.libraries"
