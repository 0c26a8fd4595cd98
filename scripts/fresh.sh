#!/usr/bin/env bash
# Fails when generated templates are not what their sources make. Works on a copy, so that the tree is left alone.
set -euo pipefail
templ=$(go tool -n templ)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/web"
cp -r web/templates "$tmp/web/templates"
find "$tmp" -name '*_templ.go' -delete
(cd "$tmp" && "$templ" generate -log-level error) # from the root: file names stand in the generated code
stale=0
while IFS= read -r f; do
  if ! cmp -s "$tmp/$f" "$f"; then
    echo "stale: $f (run: go tool templ generate)"
    stale=1
  fi
done < <({ find web/templates -name '*_templ.go'; (cd "$tmp" && find web/templates -name '*_templ.go'); } | sort -u)
exit $stale
