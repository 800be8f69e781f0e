#!/bin/sh
# Starts PROGRAM with the package's own interpreter; nothing of the user's Python settings reaches it.
files="$(dirname "$(dirname "$(readlink -f "$0")")")"
exec "$files/python/bin/python3.11" -I -m MODULE "$@"
