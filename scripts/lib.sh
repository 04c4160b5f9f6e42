# Shared by the scripts beside it: where the checkout is, what Debian packages it needs, how to say things.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(clang-19 lld-19 llvm-19 cmake ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev libssl-dev libsodium-dev librocksdb-dev zlib1g-dev libicu-dev
  libtomlplusplus-dev libcli11-dev libfmt-dev libcrypt-dev)
test_packages=(libgtest-dev libgmock-dev libclang-rt-19-dev clang-format-19 git python3 openssl curl ca-certificates procps
  isync offlineimap3 neomutt imapfilter getmail6 fetchmail libmail-imapclient-perl libio-socket-ssl-perl thunderbird
  dovecot-core dovecot-imapd dovecot-lmtpd)

step() { printf '\n== %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root: run 'apt-get install ${missing[*]}' as root, then this script again"
  fi
}

# Installs those of the named packages that are not there yet; touches nothing when all are.
install_packages() {
  missing=()
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  step "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
    die "apt-get update failed: check the network and /etc/apt/sources.list, then run this script again"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get install failed: the lines above say which package; on Debian 12 all of them are in main"
}

# configure_and_build PRESET [cmake options ...]: a compiler cache is used where one is installed.
configure_and_build() {
  local preset=$1
  shift
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    # Paths count from the checkout, so that another clone finds the same objects.
    export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  fi
  (cd "$root" && cmake --preset "$preset" "${launcher[@]}" "$@" >"/tmp/postern-cmake-$preset.$$" 2>&1) || {
    cat "/tmp/postern-cmake-$preset.$$" >&2
    die "cmake --preset $preset failed"
  }
  rm -f "/tmp/postern-cmake-$preset.$$"
  (cd "$root" && cmake --build --preset "$preset" >&2) || die "the $preset build failed; the first error above says where"
}
