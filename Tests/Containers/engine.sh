#!/usr/bin/env bash
# Starts dockerd, runs the check under it, and stops it: engine.sh WORK CGROUP BASE
#
# Called by check.sh as the first process of namespaces of its own, which die with it. The exit status
# is the check's, or 75 when dockerd does not start; WORK/engine.log then says why.
set -euo pipefail
work=$1
group=$2
base=$3

ip link set lo up
# Names of the mesh are the engine's own affair; the server for all others is one that refuses.
dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" \
    --host "unix://$work/socket" --cgroup-parent "/$group" --storage-driver overlay2 --dns 127.0.0.1 \
    >"$work/engine.log" 2>&1 &
engine=$!
export DOCKER_HOST="unix://$work/socket"

wait_until_ready() {
    local deadline=$((SECONDS + 30))
    until docker info >/dev/null 2>&1; do
        kill -0 "$engine" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ] || exit 75
        sleep 0.2
    done
}

wait_until_ready
docker import --message "base.sh" "$base" debian:bookworm-slim >/dev/null
status=0
"$PYTHON" "$(dirname "$0")/check.py" || status=$?
kill "$engine"
wait "$engine" || true
exit "$status"
