#!/usr/bin/env bash
# Runs what many goroutines share under Go's race detector: the live sockets, streams, the doorbell, and the model of readers.
# PostgreSQL only: SQLite, which is compiled from Go too, would take many times as long. The detector needs a C compiler:
# it is installed where that can be done, and where it can't these tests are left out and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

cc() { command -v "${CC:-gcc}" >/dev/null && echo 'int main(void){return 0;}' | "${CC:-gcc}" -x c - -o /dev/null 2>/dev/null; }
if ! cc && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing gcc …"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y --no-install-recommends gcc libc6-dev ||
    { apt-get update -qq && apt-get install -y --no-install-recommends gcc libc6-dev; }; } >/dev/null 2>&1 || true
fi
if ! cc; then
  echo "LEFT OUT: the race detector needs a C compiler (sudo apt-get install gcc libc6-dev)."
  exit 0
fi
export CGO_ENABLED=1
go test -race -run '/^postgres$' ./internal/live ./internal/stream ./internal/bell
go test -race -run '^TestTest18/^postgres$' ./internal/forum
