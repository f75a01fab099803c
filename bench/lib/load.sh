# Load on a proxy, and what it cost, as lines of rounds.tsv. Sourced after proxies.sh.
#
# A line is a round: section, case, proxy, number, then name=value, load=RESULT or lost=REASON. Or it is a file of them: section, case,
# turns=CSV. PipeProxy.Comparison reads them.

LOAD_TOOL="$ROOT/artifacts/bin/PipeProxy.LoadTest/release/pipeproxy-bench"
COMPARISON="$ROOT/artifacts/bin/PipeProxy.Comparison/release/PipeProxy.Comparison"

pinned_to_load_cpu() {
  if has taskset && ((CORES > 1)); then
    taskset -c "$LOAD_CPU" "$@"
  else
    "$@"
  fi
}

# record FIELD...
record() {
  local IFS=$'\t'
  printf '%s\n' "$*" >>"$DIR/rounds.tsv"
}

# load URL SECONDS CLIENTS [OPTION...]: requests as fast as they are answered, unless options say otherwise; nothing is measured.
load() {
  local url=$1 seconds=$2 clients=$3 trust=()
  [[ $url != https:* ]] || trust=(--trusted-ca "$DIR/ca.pem")
  shift 3
  if [[ $LOAD == wrk ]]; then
    pinned_to_load_cpu wrk -t 1 -c "$clients" -d "$(whole "$seconds")s" "$url"
  else
    pinned_to_load_cpu "$LOAD_TOOL" "$url" -c "$clients" -d "${seconds}s" "${trust[@]}" "$@"
  fi
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

# ensure INSTANCE: starts it, once, and warms it up. An instance is a kind with marks: pipeproxy, nginx+log, nginx+again.
ensure() {
  [[ -n ${PID_OF[$1]:-} ]] && return
  local kind=${1%%+*}
  if [[ $1 == *+log ]]; then
    start_proxy "$1" "$kind" log
  else
    start_proxy "$1" "$kind"
  fi
  check_answer "$1"
  warm_up "$1"
}

# warm_up INSTANCE [PATH]: code is compiled, where it is, and pools are filled.
warm_up() {
  local seconds=$WARM_START
  [[ $1 != nginx* && $1 != haproxy* ]] || seconds=$(product "$WARM_START" 0.25)
  progress "warming up $1"
  load "${URL_OF[$1]}${2:-/}" "$seconds" "$CONNECTIONS" >/dev/null 2>&1
  load "${TLS_URL_OF[$1]}${2:-/}" "$(product "$seconds" 0.5)" "$CONNECTIONS" >/dev/null 2>&1
}

check_answer() {
  local url answer
  for url in "${URL_OF[$1]}" "${TLS_URL_OF[$1]}"; do
    answer=$(curl -s -o /dev/null --cacert "$DIR/ca.pem" --noproxy '*' -w '%{http_code} %{size_download}' "$url/")
    [[ $answer == "200 1024" ]] || fail "$1 answers '$answer' (status and body bytes) instead of '200 1024' on $url"
  done
}

needs_own_load_tool() {
  [[ $LOAD != wrk ]] && return
  leave_out "wrk has no fixed rate"
  return 1
}

# leave_out REASON: the section at hand.
leave_out() {
  echo "$CURRENT is skipped: $1." >&2
  LEFT_OUT+=("$CURRENT")
}

product() {
  awk -v a="$1" -v b="$2" 'BEGIN { print a * b }'
}

# One line that is written over on a terminal, and a line per section elsewhere.
progress() {
  if [[ -t 2 ]]; then
    printf '\r\033[K%s' "$1" >&2
  elif [[ $1 == "$CURRENT: "* && $CURRENT != "${TOLD:-}" ]]; then
    TOLD=$CURRENT
    echo "$CURRENT ..." >&2
  fi
}
