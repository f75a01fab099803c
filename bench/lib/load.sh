# Load on a proxy, and what it cost, as lines of rounds.tsv. Sourced after proxies.sh.
#
# A line is a round: section, case, proxy, number, then name=value, load=RESULT or lost=REASON. PipeProxy.Comparison reads them.

LOAD_TOOL="$ROOT/artifacts/bin/PipeProxy.LoadTest/release/pipeproxy-bench"
COMPARISON="$ROOT/artifacts/bin/PipeProxy.Comparison/release/PipeProxy.Comparison"
ROUNDS_FILE=rounds.tsv

pinned_to_load_cpu() {
  if has taskset && ((CORES > 1)); then
    taskset -c "$LOAD_CPU" "$@"
  else
    "$@"
  fi
}

# record SECTION CASE PROXY ROUND FIELD...
record() {
  local IFS=$'\t'
  printf '%s\n' "$*" >>"$DIR/$ROUNDS_FILE"
}

# load URL SECONDS CLIENTS [OPTION...]: requests as fast as they are answered, unless options say otherwise; nothing is measured.
load() {
  local url=$1 seconds=$2 clients=$3
  shift 3
  if [[ $LOAD == wrk ]]; then
    pinned_to_load_cpu wrk -t 1 -c "$clients" -d "$(whole "$seconds")s" "$url"
  else
    pinned_to_load_cpu "$LOAD_TOOL" "$url" -c "$clients" -d "${seconds}s" --trusted-ca "$DIR/ca.pem" "$@"
  fi
}

# measure SECTION CASE PROXY ROUND INSTANCE URL CLIENTS [OPTION...]: one round. The CPU is of the instance's process, while the load runs.
measure() {
  local section=$1 case=$2 proxy=$3 round=$4 pid=${PID_OF[$5]} url=$6 clients=$7 result
  shift 7
  result="$DIR/load-$section-$case-${proxy// /}-$round.json"
  if [[ $LOAD == wrk ]]; then
    record "$section" "$case" "$proxy" "$round" "$(measure_with_wrk "$pid" "$url" "$clients")"
  elif load "$url" "$SECONDS_EACH" "$clients" --warmup "${WARM_UP}s" --json "$result" --watch-pid "$pid" "$@" >"$DIR/load.out" 2>&1 || [[ -s $result ]]; then
    record "$section" "$case" "$proxy" "$round" "load=$result"
  else
    record "$section" "$case" "$proxy" "$round" "lost=$(grep -m 1 error "$DIR/load.out" | tr '\t' ' ')"
  fi
}

# wrk for those who would rather trust a load generator that is not ours: no warm-up, so that opening its connections is counted too.
measure_with_wrk() {
  local pid=$1 before after
  before=$(cpu_ticks "$pid")
  load "$2" "$SECONDS_EACH" "$3" >"$DIR/load.out" 2>&1
  after=$(cpu_ticks "$pid")
  awk -v ticks="$((after - before))" -v hertz="$(getconf CLK_TCK)" 'BEGIN { printf "cpuSeconds=%.2f\t", ticks / hertz }'
  wrk_result "$DIR/load.out"
}

wrk_result() {
  awk '
    / requests in / { requests = $1 }
    /Requests\/sec/ { rate = $2 }
    /Non-2xx/ { errors += $NF }
    /Socket errors/ { gsub(/,/, ""); errors += $4 + $6 + $8 + $10 }
    END { printf "requests=%d\trate=%.1f\terrors=%d\n", requests, rate, errors }' "$1"
}

whole() {
  awk -v s="$1" 'BEGIN { print s < 1 ? 1 : int(s + 0.5) }'
}

# in_turns ROUNDS COMMAND NAME...: COMMAND NAME ROUND for every name in every round, in rotating order, so that none always follows the same one.
in_turns() {
  local rounds=$1 command=$2 round i
  shift 2
  local names=("$@") count=$#
  for ((round = 0; round < rounds; round++)); do
    progress "$CURRENT: round $((round + 1)) of $rounds"
    for ((i = 0; i < count; i++)); do
      "$command" "${names[(round + i) % count]}" "$round"
    done
  done
  progress ""
}

# One line that is written over on a terminal, and a line per section elsewhere.
progress() {
  if [[ -t 2 ]]; then
    printf '\r\033[K%s' "$1" >&2
  elif [[ $1 == *"round 1 of"* ]]; then
    echo "${1%%:*} ..." >&2
  fi
}
