# Peers and tools from Debian's packages. Sourced.

# command:Debian package
BENCH_PACKAGES=(nginx:nginx haproxy:haproxy wrk:wrk openssl:openssl curl:curl strace:strace)

install_peers() {
  local pair missing=()
  for pair in "${BENCH_PACKAGES[@]}"; do
    has "${pair%%:*}" || missing+=("${pair##*:}")
  done
  if ((${#missing[@]} == 0)); then
    echo "All peers are installed."
    return
  fi
  [[ $(id -u) == 0 ]] && has apt-get || fail "--install-peers needs root and apt-get; by hand: apt-get install ${missing[*]}"
  echo "Installing ${missing[*]} ..."
  without_starting_services apt_get_install "${missing[@]}" || fail "not everything could be installed"
}

apt_get_install() {
  DEBIAN_FRONTEND=noninteractive apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Debian starts a server when it installs it. Exit code 101 of this script means "do not", for as long as the installation lasts; one
# that is there already is somebody's decision and stays.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d made=no code
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made=yes
  fi
  "$@"
  code=$?
  [[ $made == no ]] || rm -f "$policy"
  return "$code"
}
