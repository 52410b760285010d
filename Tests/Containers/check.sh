#!/usr/bin/env bash
# The mesh in containers, on a real engine. Ends with one line: "N passed, N failed, N skipped".
#
# An engine that runs is used as it is. Where none runs, but dockerd is installed and we are root, one
# is started in namespaces of its own: it touches nothing outside of them, and ends with this script
# whatever happens. EXPERTMESH_CONTAINERS=install takes what is missing from Debian first. Where no
# engine is to be had the check is skipped and says why.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Containers

export EXPERTMESH_CACHE="${EXPERTMESH_CACHE:-$HOME/.cache/expertmesh}"
export PYTHON="$EXPERTMESH_CACHE/venv/bin/python"
engine="$EXPERTMESH_CACHE/engine"
export PATH="$engine/usr/bin:$engine/usr/sbin:$PATH"
work=$(mktemp -d)
group="expertmesh-check-$$" # of the engine's containers
namespaces=
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

leave() {
    [ -z "$namespaces" ] || kill -KILL "$namespaces" 2>/dev/null || true
    rm -rf "$work"
    find /sys/fs/cgroup -depth -path "*/$group*" -type d -exec rmdir {} + 2>/dev/null || true
}

say() { echo "containers: $*" >&2; }

skip() {
    echo "- the mesh in containers: skipped, $*"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

# Unpacked into the cache, not installed: Debian's package would start an engine for everyone.
install_engine() {
    local packages=(runc iptables docker-compose mmdebstrap)
    if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
        say "apt-get install ${packages[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${packages[@]}" >"$work/log" 2>&1
    fi
    if [ ! -x "$engine/usr/sbin/dockerd" ]; then
        say "docker.io and containerd into $engine"
        (cd "$work" && apt-get download -qq docker.io containerd 2>>"$work/log")
        for package in "$work"/*.deb; do dpkg -x "$package" "$engine"; done
    fi
}

has_engine() { docker info >/dev/null 2>&1; }
has_compose() { docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null; }

# The programs were built here, and run in the containers on the libraries of Debian 12.
grep -qs '^VERSION_ID="12"' /etc/os-release && grep -qs '^ID=debian' /etc/os-release ||
    skip "the programs are built for this system, and the images are Debian 12"
if [ "${EXPERTMESH_CONTAINERS:-}" = install ]; then install_engine; fi
has_compose || has_engine || skip "no docker here; EXPERTMESH_CONTAINERS=install fetches one"
has_compose || skip "neither docker compose nor docker-compose is installed"
if has_engine; then
    "$PYTHON" "$here/check.py"
    exit
fi
[ "$(id -u)" -eq 0 ] || skip "no engine runs, and only root can start one"
command -v dockerd >/dev/null || skip "no engine; EXPERTMESH_CONTAINERS=install fetches one"
"$here/base.sh" "$EXPERTMESH_CACHE/bookworm.tar"
setpriv --pdeathsig KILL unshare --net --mount --pid --mount-proc --fork --kill-child \
    "$here/engine.sh" "$work" "$group" "$EXPERTMESH_CACHE/bookworm.tar" &
namespaces=$!
wait "$namespaces" && exit || status=$?
[ "$status" -ne 75 ] || skip "dockerd does not start here: $(tail -n 1 "$work/engine.log")"
exit "$status"
