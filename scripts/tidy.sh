#!/bin/bash
# Runs clang-tidy over the files that changed, or over all of them.
#
#   scripts/tidy.sh             changed since the branch left its upstream (CI=true: in the last commit)
#   scripts/tidy.sh --all
#   scripts/tidy.sh FILE...
#
# Needs a configured build/dev. A changed header is checked through a source file that includes it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"

database=build/dev/compile_commands.json
[[ -e $database ]] || die "no $database: cmake --preset dev"

# The commit to compare with; nothing when there is none, as in a shallow clone.
base_commit() {
  local upstream
  if [[ ${CI-} != true ]]; then
    for upstream in '@{upstream}' origin/main main; do
      if git rev-parse -q --verify "$upstream^{commit}" >/dev/null 2>&1 &&
        [[ $(git rev-parse "$upstream") != "$(git rev-parse HEAD)" ]]; then
        git merge-base "$upstream" HEAD && return
      fi
    done
  fi
  git rev-parse -q --verify 'HEAD~1^{commit}' || true
}

changed_files() {
  local base
  base=$(base_commit 2>/dev/null || true)
  if [[ -z $base ]]; then
    our_files cpp h
    return
  fi
  { git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.h'
    git ls-files --others --exclude-standard -- '*.cpp' '*.h'; } | sort -u
}

# Reads file names, writes the sources that the compilation database knows for them.
to_sources() {
  local file includer
  while IFS= read -r file; do
    if [[ $file == *.cpp ]]; then
      printf '%s\n' "$file"
    elif [[ -e ${file%.h}.cpp ]]; then
      printf '%s\n' "${file%.h}.cpp"
    else
      includer=$(grep -rlF --include='*.cpp' "\"${file#src/}\"" src tests bench 2>/dev/null |
        sort | head -n 1 || true)
      [[ -z $includer ]] || printf '%s\n' "$includer"
    fi
  done | sort -u | while IFS= read -r file; do
    if grep -qF "/$file\"" "$database"; then printf '%s\n' "$file"; fi
  done
}

case ${1-} in
  --all) mapfile -t sources < <(our_files cpp | to_sources) ;;
  '') mapfile -t sources < <(changed_files | to_sources) ;;
  -*) die "unknown argument '$1'" ;;
  *) mapfile -t sources < <(printf '%s\n' "$@" | to_sources) ;;
esac
((${#sources[@]})) || exit 0
say "clang-tidy: ${#sources[@]} files"

# g++'s precompiled header is not clang's, which then reads the header itself. clang's -Wconversion takes
# in sign conversions, g++'s does not. libstdc++ 12 uses what it calls deprecated (std::stable_sort).
extra=(-Wno-ignored-gch -Wno-sign-conversion -Wno-deprecated-declarations)

# Options that only g++ has would end a check before it begins.
mkdir -p build/tidy
sed 's/ -mmemset-strategy=[^ ]*//' "$database" >build/tidy/compile_commands.json

# What clang-tidy says on stderr is only the number of findings in other people's headers.
mkdir -p "$logs"
printf '%s\0' "${sources[@]}" |
  xargs -0 -P "$jobs" -n 1 clang-tidy-19 -p build/tidy --quiet "${extra[@]/#/--extra-arg=}" \
    2>"$logs/tidy.log"
