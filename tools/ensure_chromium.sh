#!/usr/bin/env bash
# The browser tests drive a system Chromium. Install it where that is possible; otherwise say what to do.
set -euo pipefail
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="none"; fi
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$as_root" = "none" ]; then
  echo "No Chromium found, and it cannot be installed from here. Install it (Debian: apt-get install chromium);" \
    "until then the browser tests fail." >&2
  exit 0
fi
echo "Installing Chromium for the browser tests."
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
