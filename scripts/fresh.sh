#!/usr/bin/env bash
# Fails when generated templates are not what their sources make. Works on a copy, so that the tree is left alone.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp -r web/templates "$tmp/templates"
go tool templ generate -path "$tmp/templates" -log-level error
stale=0
while IFS= read -r f; do
  if ! cmp -s "$f" "web/templates/${f#"$tmp"/templates/}"; then
    echo "stale: web/templates/${f#"$tmp"/templates/} (run: go tool templ generate)"
    stale=1
  fi
done < <(find "$tmp/templates" -name '*_templ.go')
exit $stale
