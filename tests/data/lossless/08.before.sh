#!/usr/bin/env bash
# Copies the newest backup to another machine.
set -euo pipefail

directory=${1:?usage: copy-backup DIRECTORY HOST}
host=${2:?usage: copy-backup DIRECTORY HOST}

newest=$(ls -t "$directory"/*.tar.gz | head -n 1)
echo "copying $newest"
scp "$newest" "$host:"
