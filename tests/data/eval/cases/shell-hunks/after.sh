#!/usr/bin/env bash
# Backs up the given directories to a mounted disk.
set -euo pipefail

target=${BACKUP_TARGET:-/mnt/backup}
keep=${BACKUP_KEEP:-14}

log() {
    printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2
}

die() {
    log "error: $*"
    exit 1
}

check_target() {
    mountpoint -q "$target" || die "$target is not mounted"
}

backup() {
    local source=$1
    local name
    name=$(basename "$source")-$(date +%F).tar.zst
    log "backing up $source"
    tar --zstd -cf "$target/$name" -C "$(dirname "$source")" "$(basename "$source")"
}

prune() {
    log "deleting backups older than $keep days"
    find "$target" -name '*.tar.zst' -mtime "+$keep" -delete
}

main() {
    [ $# -gt 0 ] || die "usage: $0 DIRECTORY..."
    check_target
    for directory in "$@"; do
        backup "$directory"
    done
    prune
}

main "$@"
