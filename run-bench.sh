#!/usr/bin/env bash
# Measures PipeProxy, nginx, HAProxy and YARP at the same job, in turn: CPU per request, latency, memory, connections.
#
#   ./run-bench.sh [--quick] [--only SECTION,...] [--rounds N] [--seconds S] [--rate R] [--connections N] [--idle N] [--idle-tls N]
#                  [--load TOOL] [--results FOLDER] [--no-build] [--install-peers]
#
#   --quick           a minute: three short rounds of everything, to see that it works; its figures mean nothing
#   --only LIST       of floor, cpu, latency, large, connections, storm, loops, scale, syscalls, idle, slowloris, builds; all but the last two without it
#   --rounds N        100, of floor and cpu; others have a share of them
#   --seconds S       0.1, that each proxy is measured in each round of floor and cpu; others have longer ones
#   --rate R          requests per second of latency and loops instead of half of nginx's greatest rate
#   --connections N   64 keep-alive clients
#   --idle N          10000 idle clients, or as many as open files are allowed
#   --idle-tls N      the same over TLS; a fifth of them without it, because each costs a handshake
#   --load TOOL       pipeproxy-bench, or wrk: 9 rounds of a second, without what needs a fixed rate
#   --results FOLDER  bench/results
#   --no-build        what is built already
#   --install-peers   nginx, HAProxy and tools from Debian's packages, without starting services, as root
#
# The job: clients ask for 1 KiB; an nginx origin speaks TLS 1.3 only and demands a client certificate. Every proxy has one worker on one
# core; load generator and origin share the others. First nginx runs against itself: what differs there is what this computer cannot tell.
# Eight minutes on two cores, and one for the build; exit code 1 when a section has no good round. Table on the terminal, JSON and HTML in bench/results/. docs/benchmarks.md explains the figures.
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH="$PATH:/usr/sbin:/usr/local/sbin" LC_ALL=C
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

# shellcheck source=bench/lib/options.sh
source "$ROOT/bench/lib/options.sh"
# shellcheck source=bench/lib/processes.sh
source "$ROOT/bench/lib/processes.sh"
# shellcheck source=bench/lib/proxies.sh
source "$ROOT/bench/lib/proxies.sh"
# shellcheck source=bench/lib/packages.sh
source "$ROOT/bench/lib/packages.sh"
# shellcheck source=bench/lib/load.sh
source "$ROOT/bench/lib/load.sh"
# shellcheck source=bench/lib/compare.sh
source "$ROOT/bench/lib/compare.sh"
# shellcheck source=bench/lib/sections.sh
source "$ROOT/bench/lib/sections.sh"
# shellcheck source=bench/lib/syscalls.sh
source "$ROOT/bench/lib/syscalls.sh"
# shellcheck source=bench/lib/idle.sh
source "$ROOT/bench/lib/idle.sh"
# shellcheck source=bench/lib/builds.sh
source "$ROOT/bench/lib/builds.sh"
# shellcheck source=bench/lib/facts.sh
source "$ROOT/bench/lib/facts.sh"

ROUNDS=""
LEAST_ROUNDS=6 # fewer do not give a 95 % interval
SECONDS_EACH=""
SYSCALL_SECONDS=0.8
WARM_UP=0.3    # of each proxy before each comparison
WARM_START=2   # of a .NET process, and half as long over TLS
CONNECTIONS=64
STORM=500
STORM_RATE=2000 # of the clients that go on meanwhile
SLOW_CLIENTS=5000
SLOW_LEAD=12 # until the first of them have been refused: PipeProxy gives a head 10 s
IDLE_CLIENTS=10000
IDLE_TLS_CLIENTS=""
LOAD=pipeproxy-bench
RATE=""
RESULTS="$ROOT/bench/results"
BUILD=yes
INSTALL=no
QUICK=no
ONLY=no
CURRENT=""
LEFT_OUT=() # sections that cannot be measured here

while (($#)); do
  case $1 in
    --quick) QUICK=yes ROUNDS=3 SYSCALL_SECONDS=0.3 WARM_UP=0.1 WARM_START=0.5 STORM=100 SLOW_CLIENTS=200 SLOW_LEAD=0.1 IDLE_CLIENTS=500; shift ;;
    --only) sections_of "$@"; ONLY=yes; shift 2 ;;
    --rounds) whole_value_of "$@"; ROUNDS=$VALUE; shift 2 ;;
    --seconds) number_value_of "$@"; SECONDS_EACH=$VALUE; shift 2 ;;
    --rate) number_value_of "$@"; RATE=$VALUE; shift 2 ;;
    --connections) whole_value_of "$@"; CONNECTIONS=$VALUE; shift 2 ;;
    --idle) whole_value_of "$@"; IDLE_CLIENTS=$VALUE; shift 2 ;;
    --idle-tls) whole_value_of "$@"; IDLE_TLS_CLIENTS=$VALUE; shift 2 ;;
    --load) value_of "$@"; LOAD=$VALUE; shift 2 ;;
    --results) value_of "$@"; RESULTS=$VALUE; shift 2 ;;
    --no-build) BUILD=no; shift ;;
    --install-peers) INSTALL=yes; shift ;;
    -h | --help) sed -n '2,25s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) usage "unknown argument '$1'" ;;
  esac
done
[[ $LOAD == pipeproxy-bench || $LOAD == wrk ]] || usage "--load takes pipeproxy-bench or wrk, not '$LOAD'"

# Sets PROXIES: who takes part. A missing peer is named and skipped; nginx is the origin too, and nothing works without it.
find_proxies() {
  PROXIES=(pipeproxy nginx)
  if has haproxy; then
    PROXIES+=(haproxy)
  else
    skip haproxy "it is not installed; --install-peers gets it from Debian's packages"
  fi
  if [[ -x $YARP ]]; then
    PROXIES+=(yarp)
  else
    skip yarp "it is not built: $(tail -n 1 "$DIR/yarp-build.out" 2>/dev/null)"
  fi
}

skip() {
  echo "$1 is skipped: $2"
  printf 'skipped\t%s: %s\n' "$1" "$2" >>"$DIR/facts.tsv"
}

build_all() {
  local project
  build_pipeproxy
  for project in bench/PipeProxy.Comparison bench/PipeProxy.LoadTest; do
    [[ ! -d $ROOT/$project ]] || build "$project" || {
      cat "$DIR/build.out" >&2
      fail "$project could not be built"
    }
  done
  build bench/peers/yarp || cp "$DIR/build.out" "$DIR/yarp-build.out"
}

open_folder
: >"$DIR/rounds.tsv"
[[ $INSTALL == no ]] || install_peers
for tool in awk curl openssl dotnet nginx; do
  has "$tool" || fail "'$tool' is not installed; --install-peers gets nginx, openssl and curl from Debian's packages, .NET 10 comes from its makers"
done
[[ $LOAD != wrk ]] || has wrk || fail "'wrk' is not installed; --install-peers gets it from Debian's packages"
[[ $BUILD == no ]] || build_all
for file in "$COMMAND" "$COMPARISON" $([[ $LOAD == wrk ]] || echo "$LOAD_TOOL"); do
  [[ -x $file ]] || fail "$file is missing; run without --no-build"
done

BUILT_AT=$SECONDS
find_proxies
if [[ $LOAD == wrk ]]; then
  ROUNDS=${ROUNDS:-9} SECONDS_EACH=${SECONDS_EACH:-1}
else
  ROUNDS=${ROUNDS:-100} SECONDS_EACH=${SECONDS_EACH:-0.1}
fi
((IDLE_CLIENTS <= MOST_CLIENTS - 300)) || IDLE_CLIENTS=$((MOST_CLIENTS - 300))
IDLE_TLS_CLIENTS=${IDLE_TLS_CLIENTS:-$((IDLE_CLIENTS / 5))}
((IDLE_TLS_CLIENTS <= MOST_CLIENTS - 300)) || IDLE_TLS_CLIENTS=$((MOST_CLIENTS - 300))
write_facts >>"$DIR/facts.tsv"
[[ $QUICK == no ]] || printf 'quick\ta short try to see that everything works: its figures mean nothing\n' >>"$DIR/facts.tsv"
make_certificates
start_origin

TOOK=""
for CURRENT in "${ALL_SECTIONS[@]}"; do
  [[ " ${SECTIONS[*]} " == *" $CURRENT "* ]] || continue
  began=$SECONDS
  "measure_$CURRENT"
  TOOK+=", $CURRENT $((SECONDS - began))"
done
printf 'took\t%d s without the build: %s\n' "$((SECONDS - BUILT_AT))" "${TOOK:2}" >>"$DIR/facts.tsv"

# Sections that were not asked for by name may be left out.
EXPECTED=()
for section in "${SECTIONS[@]}"; do
  [[ $ONLY == no && " ${LEFT_OUT[*]-} " == *" $section "* ]] || EXPECTED+=("$section")
done

mkdir -p "$RESULTS" || fail "$RESULTS cannot be made"
RESULT="$RESULTS/$(date -u +%Y%m%dT%H%M%SZ)"
"$COMPARISON" report --facts "$DIR/facts.tsv" --rounds "$DIR/rounds.tsv" --json "$RESULT.json" --html "$RESULT.html" --expect "$(IFS=,; echo "${EXPECTED[*]-}")"
STATUS=$?
((STATUS == 0 || STATUS == 3)) || fail "the report could not be made"
echo
echo "Written to ${RESULT#"$ROOT"/}.json and .html"
((STATUS == 0)) || exit 1
