#!/usr/bin/env bash
# Makes sure that the tests find PostgreSQL and Chromium: installs them where it can (as root on Debian and its
# kin), and says plainly what is needed where it can't.
set -euo pipefail

missing=()
pg() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }
browser() { [ -n "${GREENROOM_CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
pg || missing+=(postgresql)
browser || missing+=(chromium)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null; }
  pg && browser && exit 0
fi
echo "The tests need: ${missing[*]}."
echo "Install them, for example with: sudo apt-get install ${missing[*]}"
echo "(PostgreSQL 14 or newer: its server programs suffice, no server needs to run. For another Chromium set GREENROOM_CHROMIUM.)"
exit 1
