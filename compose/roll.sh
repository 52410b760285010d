#!/usr/bin/env bash
# Replaces the containers of a service by new ones of the present image: compose/roll.sh SERVICE
#
# One container more is started; once it is healthy an old one is asked to drain, and goes. The
# knowledge-store, of which there is one, is stopped first: what asks for it waits until it is back.
set -euo pipefail
service=${1:?usage: compose/roll.sh SERVICE}
healthy_within=90 # seconds

tool=(docker compose)
docker compose version >/dev/null 2>&1 || tool=(docker-compose)

compose() { "${tool[@]}" --file "$(dirname "$0")/compose.yaml" "$@"; }

containers() { compose ps --quiet "$service"; }

wait_until_healthy() {
    local deadline=$((SECONDS + healthy_within)) health
    # A container that cannot be looked at is not healthy either.
    while health=$(docker inspect --format '{{.State.Health.Status}}' "$@") || health=unknown
        grep --quiet --invert-match --line-regexp healthy <<<"$health"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "roll: $service is not healthy after $healthy_within s; see: docker logs" >&2
            exit 1
        fi
        sleep 0.2
    done
}

mapfile -t old < <(containers)
for container in "${old[@]}"; do
    if [ "$service" = knowledge-store ]; then
        compose up --detach --no-build --no-deps --force-recreate "$service"
    else
        compose up --detach --no-build --no-deps --no-recreate \
            --scale "$service=$((${#old[@]} + 1))" "$service"
    fi
    mapfile -t present < <(containers)
    wait_until_healthy "${present[@]}"
    if [ "$service" != knowledge-store ]; then
        docker stop "$container" >/dev/null
        docker rm "$container" >/dev/null
    fi
done
