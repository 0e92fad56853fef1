#!/bin/bash
# The Debian package holds what it should, names the libraries it needs, and its program runs.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source=tests/support/expect.sh
source "$root/tests/support/expect.sh"

packs() { (cd "$scratch" && cpack -G DEB --config "$root/build/release/CPackConfig.cmake" -B "$scratch"); }

expect 'package: is built' packs
package=$(find "$scratch" -maxdepth 1 -name 'ntan_*.deb')
[[ -n $package ]] || exit 1

dpkg-deb -x "$package" "$scratch/root"
program=$scratch/root/usr/bin/ntan

names_its_libraries() {
  local depends
  depends=$(dpkg-deb -f "$package" Depends)
  printf '%s\n' "$depends"
  [[ $depends == *libc6* && $depends == *libpcap0.8* && $depends == *libfmt9* ]]
}

# A path of the building machine helps nobody and tells about it.
holds_no_path() { ! grep -aqF "$root" "$program"; }

is_hardened() {
  local dynamic
  dynamic=$(readelf -hdlW "$program")
  [[ $dynamic == *BIND_NOW* && $dynamic == *GNU_RELRO* && $dynamic == *'DYN (Position-Independent'* ]] &&
    grep -q 'GNU_STACK.*RW ' <<<"$dynamic"
}

holds_manual_if_there_is_one() {
  [[ ! -e $root/man/ntan.1 ]] || [[ -e $scratch/root/usr/share/man/man1/ntan.1 ]]
}

expect 'package: names the libraries it needs' names_its_libraries
expect 'package: holds the licence' cmp "$root/LICENSE" "$scratch/root/usr/share/doc/ntan/LICENSE"
expect 'package: holds the manual page' holds_manual_if_there_is_one
expect 'package: holds no path of the building machine' holds_no_path
expect 'package: is hardened' is_hardened
expect 'package: its program runs' "$program" --version
exit "$failed"
