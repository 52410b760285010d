#!/usr/bin/env bash
# A PostgreSQL server of one's own, for tests: postgres.sh ANSWERS
#
# Writes "ready FOLDER" to ANSWERS once it listens on a socket in FOLDER (user mesh), or
# "unavailable REASON". Then it obeys lines of its input: stop, start; each is answered "done".
# It ends, and leaves nothing, when its input ends: also when whoever started it was killed.
set -euo pipefail
exec 3>"$1"

give_up() { echo "unavailable $1" >&3; exit 0; }

binaries=$(find /usr/lib/postgresql/*/bin -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -1)
[ -n "$binaries" ] || binaries=$(dirname "$(command -v initdb)" 2>/dev/null) || true
[ -n "$binaries" ] || give_up "no PostgreSQL server is installed (apt-get install postgresql)"

# The server refuses to be root.
if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || give_up "there is no user postgres for the server to be"
    as_server() { runuser -u postgres -- "$@"; }
else
    as_server() { "$@"; }
fi

folder=$(mktemp -d /tmp/expertmesh-postgres-XXXXXX)
[ "$(id -u)" -ne 0 ] || chown postgres: "$folder"
cd "$folder"
control() { as_server "$binaries/pg_ctl" -D "$folder/data" -w -s "$@" >>"$folder/control.log" 2>&1 3>&-; }
settings="-c listen_addresses= -c unix_socket_directories=$folder -c shared_buffers=16MB"
start() { control -l "$folder/log" -o "$settings" start; }
leave() {
    control -m immediate stop || true
    rm -rf "$folder"
}
trap leave EXIT

as_server "$binaries/initdb" -D "$folder/data" -A trust -U mesh -E UTF8 --locale=C --no-sync \
    >/dev/null 2>&1 3>&- || give_up "initdb failed"
start || give_up "the server does not start: $(tail -1 "$folder/log")"
echo "ready $folder" >&3

while read -r command; do
    case "$command" in
        stop) control -m fast stop ;;
        start) start ;;
    esac && echo "done" >&3 || echo "$command failed: $(tail -1 "$folder/control.log") $(tail -1 "$folder/log")" >&3
done
