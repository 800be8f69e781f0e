#!/usr/bin/env bash
# Fetches from this machine's own Debian archives, checked by apt against their signatures:
#   fetch.sh sources FOLDER                      the source packages the interpreter is built from
#   fetch.sh libraries FOLDER amd64|arm64 NAME…  binary packages of an architecture
# Nothing of the machine's settings changes: lists and cache lie in FOLDER.
set -euo pipefail
what="$1" folder="$(realpath -m "$2")" arch="${3:-$(dpkg --print-architecture)}"
sources=(python3.11 openssl libffi zlib bzip2 xz-utils)
codename="$(. /etc/os-release && echo "$VERSION_CODENAME")"

apt="$folder/.apt"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources"
for list in /etc/apt/sources.list.d/*.sources; do
  if [ -e "$list" ] && grep -q 'debian-archive-keyring' "$list"; then
    sed 's/^Types:.*/Types: deb deb-src/' "$list" > "$apt/sources/$(basename "$list")"
  fi
done
if [ -s /etc/apt/sources.list ]; then
  sed -n 's/^deb \(.*\)/deb \1\ndeb-src \1/p' /etc/apt/sources.list > "$apt/sources/list.list"
fi
options=(-qq -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$apt/sources" -o "Dir::State::Lists=$apt/lists"
  -o "Dir::Cache=$apt/cache" -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "APT::Sandbox::User=root")
apt-get "${options[@]}" update
cd "$folder"
# A mirror may list a security update whose files it does not hold; the release's own then serves.
if [ "$what" = sources ]; then
  get() { apt-get "${options[@]}" source --download-only --only-source "$1"; }
  for package in "${sources[@]}"; do
    compgen -G "${package}_*.dsc" >/dev/null || get "$package" 2>/dev/null || get "$package/$codename"
  done
else
  for package in "${@:4}"; do
    compgen -G "${package}_*.deb" >/dev/null || apt-get "${options[@]}" download "$package" 2>/dev/null \
      || apt-get "${options[@]}" download "$package/$codename"
  done
fi
