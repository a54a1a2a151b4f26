#!/usr/bin/env bash
# Puts $MLPIPE_IMAGE (repository@sha256:…) live on the host.
set -euo pipefail
key=$(mktemp)
trap 'rm -f "$key"' EXIT
printf '%s\n' "$SSH_PRIVATE_KEY" >"$key"
ssh -i "$key" app@vm.acme.test "TOKEN='$DEPLOYMENT_TOKEN' ./run-image '$MLPIPE_IMAGE'"
