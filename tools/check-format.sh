#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fail when a C file is not as .clang-format has it, and name each that is not.
# With --fix, format them instead.
set -eu
cd "$(dirname "$0")/.."

if ! command -v clang-format >/dev/null; then
	echo "check-format: clang-format is not installed (Debian package clang-format)" >&2
	exit 2
fi
dirs=
for d in src tests fuzz; do
	if [ -d "$d" ]; then
		dirs="$dirs $d"
	fi
done
# shellcheck disable=SC2086 # a list
files=$(find $dirs -name '*.[ch]' | sort)
bad=0
all=0
for f in $files; do
	all=$((all + 1))
	if [ "${1-}" = --fix ]; then
		clang-format -i "$f" || bad=$((bad + 1)) # version 14 crashes on some
	elif ! clang-format --dry-run -Werror "$f" 2>/dev/null; then
		echo "$f: not formatted (tools/check-format.sh --fix)"
		bad=$((bad + 1))
	fi
done
echo "format: $all files, $bad to be formatted"
[ "$bad" -eq 0 ]
