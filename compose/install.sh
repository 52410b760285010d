#!/usr/bin/env bash
# Installs what the build, the demo and the tests need and the machine lacks: libraries from Debian,
# and a Python venv with the official OpenAI client. Quick and silent when everything is there.
#
#   install.sh [tests]      "tests" adds the PostgreSQL server that the catalog's tests start
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    pkg-config
    libevent-dev                                                # sockets
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler     # messages
    libopenblas-dev                                             # matrices
    libsqlite3-dev                                              # documents
    libpq-dev                                                   # a catalog that routers share
    libssl-dev                                                  # digests
    libutf8proc-dev                                             # Unicode
)
cache="${EXPERTMESH_CACHE:-$HOME/.cache/expertmesh}"
venv="$cache/venv"
requirements=compose/requirements.txt

say() { echo "install: $*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "needs root for: $*"
        say "run it as root, or install sudo"
        return 1
    fi
}

install_packages() {
    local installed missing
    installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    missing=()
    for package in "$@"; do
        grep -qx "installed $package" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "apt-get install ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

if ! command -v swift >/dev/null; then
    say "Swift 6.2 or later is not on the PATH: see https://www.swift.org/install/linux/debian/12/"
    exit 69
fi
if command -v dpkg-query >/dev/null; then
    python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
    if [ "${1:-}" = tests ] && [ ! -d /usr/lib/postgresql ]; then packages+=(postgresql); fi
    install_packages "${packages[@]}"
else
    say "not a Debian system: these must be there already: ${packages[*]}"
fi

# The stamp is written last, so an interrupted installation is repeated.
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    say "Python venv in $venv"
    mkdir -p "$cache"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi
