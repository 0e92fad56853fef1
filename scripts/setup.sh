#!/bin/bash
# Installs what ntan needs from Debian 12, by apt. Says nothing when all of it is there.
#
#   scripts/setup.sh                to build, check and test
#   scripts/setup.sh --build-only   to build and run
#
# Without apt, or to keep it out of the system's packages: NTAN_NO_SETUP=1, and see the lists below.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

to_build=(
  g++ cmake ninja-build ccache pkgconf python3
  libpcap-dev libcli11-dev libsimdjson-dev libfmt-dev libssl-dev
  zlib1g-dev libzstd-dev liblz4-dev libmicrohttpd-dev libre2-dev
)
to_check=(
  git clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev shellcheck mandoc
)
to_test=(
  catch2 libbenchmark-dev dpkg-dev file valgrind jq python3-jsonschema
  nftables iproute2 ethtool libcap2-bin sudo
  curl ca-certificates bind9-dnsutils dnsmasq-base nmap
  masscan zmap hping3
  tcpdump tcpreplay tshark tcptrace argus-client argus-server iperf3 zstd lz4
  chromium
)
# The live page is bundled by npm. One from elsewhere does as well, and Debian's would not go with its node.
command -v npm >/dev/null || to_build+=(nodejs npm)

case ${1-} in
  '') packages=("${to_build[@]}" "${to_check[@]}" "${to_test[@]}") ;;
  --build-only) packages=("${to_build[@]}") ;;
  *) die "unknown argument '$1' (only --build-only is known)" ;;
esac

[[ -z ${NTAN_NO_SETUP-} ]] || exit 0

missing_packages() {
  local -A installed=()
  local status package
  while read -r status package; do
    [[ $status == installed ]] && installed[${package%%:*}]=1
  done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    [[ -n ${installed[$package]-} ]] || printf '%s\n' "$package"
  done
}

command -v apt-get >/dev/null ||
  die "no apt here. Install the equivalents of: ${packages[*]}
then set NTAN_NO_SETUP=1"

mapfile -t missing < <(missing_packages "${packages[@]}")
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    die "run as root, or install by hand: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" </dev/null
}

say "installing: ${missing[*]}"
update() { logged apt-update apt update; }
update || { sleep 5 && update; } || die "apt-get update failed twice"
logged apt-install apt install -y --no-install-recommends "${missing[@]}" ||
  die "apt could not install: ${missing[*]}"
