#!/usr/bin/env bash
# Sets a clean clone up on Debian 12 or a like system; does nothing, quickly, when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=".venv/.jinshu-$(cat packaging/requirements.lock packaging/setup.sh | sha256sum | cut -c1-32)"
[ -e "$stamp" ] && exit 0

# Libraries Qt loads even without a screen, fonts for the interface, and the programs the tests call.
packages=(libegl1 libgl1 libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0
  libx11-xcb1 libnss3 libasound2 libpulse0 fonts-noto-cjk poppler-utils libnss3-tools gdb)
if command -v dpkg-query >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ]; then
      echo "These packages are missing; install them as root and run again:" >&2
      echo "  apt-get install ${missing[*]}" >&2
      exit 1
    fi
    echo "Installing: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
fi

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3 python3-venv)." >&2
  exit 1
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the locked dependencies"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r packaging/requirements.lock
# The project itself is used in place; a .pth file makes it importable without building anything.
site="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
pwd > "$site/jinshu.pth"
rm -f .venv/.jinshu-*
touch "$stamp"
