#!/bin/bash
# Checks the layout of all C++ files, or sets it right: scripts/format.sh [--fix]
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

cd "$root"
mapfile -t files < <(our_files cpp h)
((${#files[@]})) || die "no C++ files found"

case ${1-} in
  '') ;;
  --fix) exec clang-format-19 -i "${files[@]}" ;;
  *) die "unknown argument '$1' (only --fix is known)" ;;
esac

wrong=()
for file in "${files[@]}"; do
  clang-format-19 "$file" | cmp -s - "$file" || wrong+=("$file")
done
((${#wrong[@]} == 0)) || die "not laid out as .clang-format says (scripts/format.sh --fix): ${wrong[*]}"
