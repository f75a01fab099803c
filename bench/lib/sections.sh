# What is measured: one function per section of the report. Sourced after load.sh; docs/benchmarks.md tells what each figure means.

SECTIONS=(floor cpu latency large connections loops scale syscalls idle)
ALL_SECTIONS=("${SECTIONS[@]}" builds) # builds takes minutes of its own, and is measured when asked for

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

# Compiled code of .NET needs seconds until it has settled; pools need to be filled.
warm_up() {
  local seconds=$WARM_START
  [[ $1 == nginx* || $1 == haproxy* ]] && seconds=1
  progress "warming up $1"
  load "${URL_OF[$1]}/" "$seconds" "$CONNECTIONS" >/dev/null 2>&1
  load "${TLS_URL_OF[$1]}/" "$(awk -v s="$seconds" 'BEGIN { print s < 2 ? s / 2 : s / 3 }')" "$CONNECTIONS" >/dev/null 2>&1
}

check_answer() {
  local url answer
  for url in "${URL_OF[$1]}" "${TLS_URL_OF[$1]}"; do
    answer=$(curl -s -o /dev/null --cacert "$DIR/ca.pem" --noproxy '*' -w '%{http_code} %{size_download}' "$url/")
    [[ $answer == "200 1024" ]] || fail "$1 answers '$answer' (status and body bytes) instead of '200 1024' on $url"
  done
}

measure_floor() {
  ensure nginx
  ensure nginx+again
  in_turns "$ROUNDS" floor_round nginx nginx+again
}

floor_round() {
  measure floor plain "$1" "$2" "$1" "${URL_OF[$1]}/" "$CONNECTIONS"
}

# Cases take turns within a round as proxies do, so that the cost of a TLS listener or of an access log is compared in the same weather too.
measure_cpu() {
  local proxy
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy"
    ensure "$proxy+log"
  done
  in_turns "$ROUNDS" cpu_round "${PROXIES[@]}"
}

cpu_round() {
  measure cpu plain "$1" "$2" "$1" "${URL_OF[$1]}/" "$CONNECTIONS"
  measure cpu tls "$1" "$2" "$1" "${TLS_URL_OF[$1]}/" "$CONNECTIONS"
  (($2 < FEWER_ROUNDS)) || return
  measure cpu plain-log "$1" "$2" "$1+log" "${URL_OF[$1+log]}/" "$CONNECTIONS"
  measure cpu tls-log "$1" "$2" "$1+log" "${TLS_URL_OF[$1+log]}/" "$CONNECTIONS"
}

# Sets HALF_RATE, half of what nginx serves at most.
find_half_rate() {
  [[ -n ${HALF_RATE:-} ]] && return
  ensure nginx
  local best i
  for ((i = 0; i < 3; i++)); do
    ROUNDS_FILE=probe.tsv measure probe plain nginx "$i" nginx "${URL_OF[nginx]}/" "$CONNECTIONS"
  done
  best=$("$COMPARISON" rate "$DIR/probe.tsv") || fail "nginx's greatest rate could not be measured"
  HALF_RATE=${RATE:-$((best / 2))}
  printf 'rate\t%s requests per second in latency and loops, half of what nginx serves at most\n' "$HALF_RATE" >>"$DIR/facts.tsv"
}

measure_latency() {
  local proxy
  needs_own_load_tool || return
  find_half_rate
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy"
  done
  in_turns "$LATENCY_ROUNDS" latency_round "${PROXIES[@]}"
}

latency_round() {
  measure latency plain "$1" "$2" "$1" "${URL_OF[$1]}/" "$CONNECTIONS" --rate "$HALF_RATE"
}

needs_own_load_tool() {
  [[ $LOAD != wrk ]] && return
  echo "$CURRENT is skipped: wrk has no fixed rate." >&2
  return 1
}

measure_large() {
  local proxy
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy"
  done
  in_turns "$FEWER_ROUNDS" large_round "${PROXIES[@]}"
}

large_round() {
  measure large plain "$1" "$2" "$1" "${URL_OF[$1]}/files/mebibyte" 8
}

measure_connections() {
  local proxy
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy"
  done
  in_turns "$FEWER_ROUNDS" connections_round "${PROXIES[@]}"
}

connections_round() {
  measure connections plain "$1" "$2" "$1" "${URL_OF[$1]}/close" 16
}

measure_loops() {
  local loops
  needs_own_load_tool || return
  find_half_rate
  for loops in 1 2; do
    CPUS=$ALL_CPUS start_proxy "--loops $loops" pipeproxy --loops "$loops"
    warm_up "--loops $loops"
  done
  in_turns "$FEWER_ROUNDS" loops_round "--loops 1" "--loops 2"
  end_proxy "--loops 1"
  end_proxy "--loops 2"
}

loops_round() {
  measure loops plain "$1" "$2" "$1" "${URL_OF[$1]}/" "$CONNECTIONS" --rate "$HALF_RATE"
}

measure_scale() {
  local i
  create_client_certificate
  for ((i = 0; i < 1000; i++)); do
    cp -r "$DIR/certificates/bench" "$DIR/certificates/bench$i"
  done
  fill "$PEERS/pipeproxy.json" "$DIR/one route.json" "DIR=$DIR" "ORIGIN_PORT=$ORIGIN_PORT"
  many_routes >"$DIR/10 000 routes.json"
  start_proxy "one route" pipeproxy
  start_proxy "10 000 routes" pipeproxy
  warm_up "one route"
  load "${URL_OF[10 000 routes]}/route/9999/a" "$WARM_START" "$CONNECTIONS" >/dev/null 2>&1
  in_turns "$FEWER_ROUNDS" scale_round "one route" "10 000 routes"
  end_proxy "one route"
  end_proxy "10 000 routes"
}

scale_round() {
  measure scale plain "$1" "$2" "$1" "${URL_OF[$1]}/route/9999/a" "$CONNECTIONS"
}

many_routes() {
  awk -v port="$ORIGIN_PORT" '
    /"routes"/ {
      print "  \"routes\": ["
      for (i = 0; i < 10000; i++)
        printf "    { \"path\": \"/route/%04d/{*rest}\", \"baseUrl\": \"https://localhost:%d\", \"mtlsCertificate\": \"bench%d\" }%s\n", i, port, i % 1000, i < 9999 ? "," : ""
      print "  ]"
      next
    }
    { print }' "$DIR/one route.json"
}

measure_syscalls() {
  local proxy
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy"
  done
  if ! can_count_syscalls; then
    echo "syscalls is skipped: neither perf nor strace may count here." >&2
    return
  fi
  in_turns 1 syscalls_round "${PROXIES[@]}"
}

syscalls_round() {
  count_syscalls one "$1" 1
  count_syscalls many "$1" "$CONNECTIONS"
}

# perf counts without slowing the process down; strace stops it at every call, under which it batches more than it does by itself.
can_count_syscalls() {
  if has perf && perf stat -x, -e raw_syscalls:sys_enter -o "$DIR/perf.out" true 2>/dev/null && grep -q '^[0-9]' "$DIR/perf.out"; then
    COUNTER=perf
  elif has strace && strace -c -o "$DIR/strace.out" true 2>/dev/null; then
    COUNTER=strace
  else
    return 1
  fi
  printf 'counter\t%s counts system calls\n' "$COUNTER" >>"$DIR/facts.tsv"
}

# count_syscalls CASE PROXY CLIENTS
count_syscalls() {
  local pid=${PID_OF[$2]} result="$DIR/load-syscalls-$1-$2.json" counts
  "count_with_$COUNTER" "$pid" load "${URL_OF[$2]}/" "$SECONDS_EACH" "$3" --json "$result" >"$DIR/load.out" 2>&1
  counts=$(tr '\n' '\t' <"$DIR/calls.tsv")
  if [[ $LOAD == wrk ]]; then
    record syscalls "$1" "$2" 0 "$counts$(wrk_result "$DIR/load.out")"
  else
    record syscalls "$1" "$2" 0 "${counts}load=$result"
  fi
}

# count_with_perf PID COMMAND...: what the process calls while the command runs, into calls.tsv.
count_with_perf() {
  local pid=$1 perf reply
  shift
  rm -f "$DIR/perf.control" "$DIR/perf.reply"
  mkfifo "$DIR/perf.control" "$DIR/perf.reply"
  perf stat -x, -o "$DIR/perf.out" -D -1 --control "fifo:$DIR/perf.control,$DIR/perf.reply" -e 'syscalls:sys_enter_*' -p "$pid" &
  perf=$!
  exec 8>"$DIR/perf.control" 9<"$DIR/perf.reply"
  echo enable >&8 && read -r -t 20 reply <&9
  "$@"
  echo disable >&8 && read -r -t 20 reply <&9
  kill -INT "$perf"
  wait "$perf"
  exec 8>&- 9<&-
  awk -F, '$1 ~ /^[0-9]+$/ && $1 > 0 { sub(/.*sys_enter_/, "", $3); total += $1; printf "call.%s=%d\n", $3, $1 } END { printf "syscalls=%d\n", total }' "$DIR/perf.out" >"$DIR/calls.tsv"
}

count_with_strace() {
  local pid=$1 tracer
  shift
  strace -c -f -o "$DIR/strace.out" -p "$pid" 2>"$DIR/strace.err" &
  tracer=$!
  until grep -q attached "$DIR/strace.err" || ! kill -0 "$tracer" 2>/dev/null; do sleep 0.05; done
  "$@"
  kill -INT "$tracer"
  wait "$tracer"
  awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { total += $4; printf "call.%s=%d\n", $NF, $4 } END { printf "syscalls=%d\n", total }' "$DIR/strace.out" >"$DIR/calls.tsv"
}

measure_idle() {
  local proxy
  progress "$CURRENT: round 1 of 1"
  for proxy in "${PROXIES[@]}"; do
    progress "$CURRENT: $proxy"
    count_memory plain "$proxy" "$IDLE_CLIENTS"
    count_memory tls "$proxy" "$IDLE_TLS_CLIENTS"
  done
  progress ""
}

# count_memory CASE PROXY CLIENTS: of a process of its own, so that no earlier load has left memory behind that idle clients could take.
count_memory() {
  local name="$2+idle" pid url before after line held
  start_proxy "$name" "$2"
  pid=${PID_OF[$name]}
  url=${URL_OF[$name]}
  [[ $1 == tls ]] && url=${TLS_URL_OF[$name]}
  load "$url/" 1 "$CONNECTIONS" >/dev/null 2>&1
  before=$(settled_kib "$2" "$pid")
  coproc HOLDER { exec "$COMPARISON" hold "$url/" --clients "$3" --trusted-ca "$DIR/ca.pem" 2>"$DIR/hold.err"; }
  local holder=$HOLDER_PID to_holder=${HOLDER[1]}
  read -r -t 120 line <&"${HOLDER[0]}"
  held=${line#holding }
  held=${held%% *}
  if ((held > 0)); then
    after=$(settled_kib "$2" "$pid")
    record idle "$1" "$2" 0 "clients=$held" "beforeKib=$before" "afterKib=$after"
  else
    record idle "$1" "$2" 0 "lost=${line:-$(head -n 1 "$DIR/hold.err")}"
  fi
  exec {to_holder}>&-
  wait "$holder" 2>/dev/null
  end_proxy "$name"
}

# Resident memory, of .NET processes after a collection.
settled_kib() {
  if [[ $1 == pipeproxy || $1 == yarp ]]; then
    "$COMPARISON" collect "$2" || echo "$1: no collection could be asked for" >&2
  fi
  resident_kib "$2"
}

BUILDS=(default ready-to-run native-aot)

measure_builds() {
  local build
  [[ $BUILD == no ]] || "$ROOT/bench/release-builds.sh" "${BUILDS[@]}" || fail "a build could not be published"
  for build in "${BUILDS[@]}"; do
    [[ -x $ROOT/artifacts/release/$build/pipeproxy ]] || fail "artifacts/release/$build is missing; bench/release-builds.sh publishes it"
    PIPEPROXY="$ROOT/artifacts/release/$build/pipeproxy" start_proxy "$build" pipeproxy
    check_answer "$build"
    warm_up "$build"
  done
  in_turns "$ROUNDS" builds_round "${BUILDS[@]}"
  for build in "${BUILDS[@]}"; do
    end_proxy "$build"
  done
}

builds_round() {
  measure builds plain "$1" "$2" "$1" "${URL_OF[$1]}/" "$CONNECTIONS"
  measure builds tls "$1" "$2" "$1" "${TLS_URL_OF[$1]}/" "$CONNECTIONS"
  measure_start "$1" "$2"
}

# From the command to the first ready line, and what the process then holds; beside it what the loaded one holds, and the size on disk.
measure_start() {
  local folder="$ROOT/artifacts/release/$1" began line pid resident
  began=$EPOCHREALTIME
  coproc FRESH { exec taskset -c "$PROXY_CPU" "$folder/pipeproxy" run --config "$DIR/$1.json" --allow-root --loops 1 2>"$DIR/fresh.err"; }
  pid=$FRESH_PID
  read -r -t 30 line <&"${FRESH[0]}"
  local ready=$EPOCHREALTIME
  if [[ $line == "listening on "* ]]; then
    resident=$(resident_kib "$pid")
    record startup plain "$1" "$2" "startMilliseconds=$(awk -v a="$began" -v b="$ready" 'BEGIN { printf "%.1f", (b - a) * 1000 }')" "startKib=$resident" \
      "loadedKib=$(resident_kib "${PID_OF[$1]}")" "diskKib=$(du -sk "$folder" | cut -f 1)"
  else
    record startup plain "$1" "$2" "lost=it did not start: $(head -n 1 "$DIR/fresh.err")"
  fi
  end "$pid"
}
