#!/usr/bin/env bash
# Measures PipeProxy, nginx and HAProxy at the same job, in turn, and prints CPU per request and requests per second.
#
#   ./run-bench.sh [--rounds N] [--seconds N] [--connections N] [--no-build]
#
# The job: keep-alive clients over plain HTTP, GET, 1 KiB answer, an nginx origin that speaks TLS 1.3 only and demands a client
# certificate. Every proxy has one worker on one core; load generator and origin share the others. First nginx runs against
# itself (A/A): what differs there is what this computer cannot tell. docs/benchmarks.md explains the figures.
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH="$PATH:/usr/sbin:/usr/local/sbin" LC_ALL=C

# shellcheck source=bench/lib/processes.sh
source "$ROOT/bench/lib/processes.sh"
# shellcheck source=bench/lib/proxies.sh
source "$ROOT/bench/lib/proxies.sh"

ROUNDS=7
SECONDS_EACH=4
CONNECTIONS=64
BUILD=yes

while (($#)); do
  case $1 in
    --rounds) ROUNDS=$2; shift 2 ;;
    --seconds) SECONDS_EACH=$2; shift 2 ;;
    --connections) CONNECTIONS=$2; shift 2 ;;
    --no-build) BUILD=no; shift ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "error: unknown argument '$1'; see $0 --help" >&2; exit 2 ;;
  esac
done

declare -A PID_OF PORT_OF

add_proxy() {
  start_proxy "$1" "$2"
  PID_OF[$1]=$STARTED
  PORT_OF[$1]=$PORT
  local answer
  answer=$(curl -s -o /dev/null -w '%{http_code} %{size_download}' "http://127.0.0.1:$PORT/")
  [[ $answer == "200 1024" ]] || fail "$1 answers '$answer' (status and body bytes) instead of '200 1024'"
}

load() {
  local pin=()
  if has taskset && ((CORES > 1)); then
    pin=(taskset -c "$LOAD_CPU")
  fi
  "${pin[@]}" wrk -t 1 -c "$CONNECTIONS" -d "${2}s" "http://127.0.0.1:${PORT_OF[$1]}/"
}

# One round of one proxy becomes one line: phase, round, proxy, requests, requests per second, clock ticks of CPU, errors.
measure() {
  local before after output
  before=$(cpu_ticks "${PID_OF[$3]}")
  output=$(load "$3" "$SECONDS_EACH")
  after=$(cpu_ticks "${PID_OF[$3]}")
  awk -v phase="$1" -v round="$2" -v name="$3" -v ticks="$((after - before))" '
    / requests in / { requests = $1 }
    /Requests\/sec/ { rate = $2 }
    /Non-2xx/ { errors += $NF }
    /Socket errors/ { gsub(/,/, ""); errors += $4 + $6 + $8 + $10 }
    END { printf "%s\t%d\t%s\t%d\t%.1f\t%d\t%d\n", phase, round, name, requests, rate, ticks, errors }' <<<"$output" >>"$DIR/rounds.tsv"
}

# run_phase PHASE PROXY...: rounds in rotating order, so that no proxy always follows the same one.
run_phase() {
  local phase=$1 round i
  shift
  local names=("$@") count=$#
  for ((round = 0; round < ROUNDS; round++)); do
    printf '\r%s: round %d of %d ' "$phase" "$((round + 1))" "$ROUNDS" >&2
    for ((i = 0; i < count; i++)); do
      measure "$phase" "$round" "${names[(round + i) % count]}"
    done
  done
  printf '\r%40s\r' '' >&2
}

first_line() {
  "$@" 2>&1 | head -n 1
}

write_facts() {
  printf 'date\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  printf 'commit\t%s\n' "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  printf 'processor\t%s, %d cores\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$CORES"
  printf 'load\t%s before the run\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
  printf 'kernel\t%s\n' "$(uname -sr)"
  printf 'dotnet\t%s\n' "$(dotnet --list-runtimes | awk '/NETCore.App/ { v = $2 } END { print v }')"
  printf 'openssl\t%s\n' "$(openssl version)"
  printf 'wrk\t%s\n' "$(first_line wrk -v | cut -d ' ' -f 1-2)"
  printf 'nginx\t%s\n' "$(first_line nginx -v | sed 's/.*: //')"
  has haproxy && printf 'haproxy\t%s\n' "$(first_line haproxy -v | cut -d ' ' -f 1-3)"
  printf 'job\t%d keep-alive clients, GET, 1 KiB, TLS 1.3 origin that demands a client certificate, %d rounds of %d s\n' "$CONNECTIONS" "$ROUNDS" "$SECONDS_EACH"
}

for tool in awk curl openssl dotnet wrk nginx; do
  has "$tool" || fail "'$tool' is not installed; it makes the load, the certificates or the origin (Debian: apt-get install wrk nginx openssl curl; .NET 10 SDK)"
done

open_folder
[[ $BUILD == no ]] || build_pipeproxy
[[ -x $COMMAND ]] || fail "$COMMAND is missing; run without --no-build"
make_certificates
start_origin

proxies=(pipeproxy nginx)
add_proxy pipeproxy pipeproxy
add_proxy nginx nginx
add_proxy nginx-again nginx
if has haproxy; then
  add_proxy haproxy haproxy
  proxies+=(haproxy)
else
  echo "haproxy is not installed and is skipped."
fi
write_facts >"$DIR/facts.tsv"

for name in "${!PID_OF[@]}"; do
  load "$name" 6 >/dev/null # compiled code, filled pools
done
run_phase a/a nginx nginx-again
run_phase job "${proxies[@]}"

mkdir -p "$ROOT/bench/results"
RESULT="$ROOT/bench/results/$(date -u +%Y%m%dT%H%M%SZ).json"
awk -v hertz="$(getconf CLK_TCK)" -v result="$RESULT" -f "$ROOT/bench/lib/report.awk" "$DIR/facts.tsv" "$DIR/rounds.tsv" || fail "the report could not be made"
echo "Written to ${RESULT#"$ROOT"/}"
