#!/bin/bash
# Healthy when /readyz of this container's service answers 200. Needs bash only, no HTTP client.
set -euo pipefail
exec 3<>/dev/tcp/127.0.0.1/9090
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
