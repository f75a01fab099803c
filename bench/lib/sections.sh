# What is compared under load: one function per section of the report. Sourced after compare.sh; docs/benchmarks.md tells what each
# figure means. System calls, memory and builds have files of their own.

SECTIONS=(floor cpu latency large connections storm loops scale syscalls idle)
ALL_SECTIONS=("${SECTIONS[@]}" slowloris builds) # slowloris compares PipeProxy with itself, builds takes minutes of its own: measured when asked for

LAGS=() # of storm

measure_floor() {
  ensure nginx
  ensure nginx+again
  compare floor plain / "$CONNECTIONS" 100 1 nginx=nginx nginx+again=nginx+again
}

measure_cpu() {
  local case
  ensure_proxies
  for case in plain tls; do
    compare cpu "$case" / "$CONNECTIONS" 100 1 "${TARGETS[@]}"
  done
  ensure_proxies +log
  for case in plain-log tls-log; do
    compare cpu "$case" / "$CONNECTIONS" 40 1 "${TARGETS[@]}"
  done
}

# ensure_proxies [MARK]: sets TARGETS to all proxies' instances of that mark.
ensure_proxies() {
  local proxy
  TARGETS=()
  for proxy in "${PROXIES[@]}"; do
    ensure "$proxy${1:-}"
    TARGETS+=("$proxy=$proxy${1:-}")
  done
}

# Half a second holds enough answers for a 99th percentile.
measure_latency() {
  needs_own_load_tool || return
  find_half_rate
  ensure_proxies
  compare latency plain / "$CONNECTIONS" 16 5 "${TARGETS[@]}" -- --rate "$HALF_RATE"
}

# Sets HALF_RATE, half of what nginx serves at most.
find_half_rate() {
  [[ -n ${HALF_RATE:-} ]] && return
  ensure nginx
  local best i
  for i in 1 2 3; do
    load "${URL_OF[nginx]}/" 0.5 "$CONNECTIONS" --warmup 200ms --json "$DIR/rate-$i.json" >/dev/null 2>&1
    printf 'rate\tplain\tnginx\t%d\tload=%s\n' "$i" "$DIR/rate-$i.json" >>"$DIR/rate.tsv"
  done
  best=$("$COMPARISON" rate "$DIR/rate.tsv") || fail "nginx's greatest rate could not be measured"
  HALF_RATE=${RATE:-$((best / 2))}
  printf 'rate\t%s requests per second in latency and loops, half of what nginx serves at most\n' "$HALF_RATE" >>"$DIR/facts.tsv"
}

measure_large() {
  ensure_proxies
  compare large plain /files/mebibyte 8 20 3 "${TARGETS[@]}"
}

measure_connections() {
  ensure_proxies
  compare connections plain /close 16 20 2 "${TARGETS[@]}"
}

# PipeProxy beside those that are its bar. Its loop lag is read from outside meanwhile.
measure_storm() {
  local proxy targets=() line
  needs_own_load_tool || return
  for proxy in "${PROXIES[@]}"; do
    [[ $proxy != yarp ]] || continue
    ensure "$proxy"
    targets+=("$proxy=$proxy")
  done
  coproc LAG_WATCH { exec "$COMPARISON" lag "${PID_OF[pipeproxy]}" "$DIR/lag.tsv" 2>"$DIR/lag.err"; }
  local watch=$LAG_WATCH_PID to_watch=${LAG_WATCH[1]}
  read -r -t 20 line <&"${LAG_WATCH[0]}" || echo "storm: no loop lag: $(head -n 1 "$DIR/lag.err")" >&2
  LAGS=("lag:pipeproxy=$DIR/lag.tsv")
  printf 'storm\t%d new handshakes at once, %d clients at %d requests per second meanwhile\n' "$STORM" "$CONNECTIONS" "$STORM_RATE" >>"$DIR/facts.tsv"
  compare storm plain / "$CONNECTIONS" 9 3 "${targets[@]}" -- --rate "$STORM_RATE" --storm "$STORM" --storm-path /close
  LAGS=()
  exec {to_watch}>&-
  wait "$watch" 2>/dev/null
}

# Two processes of PipeProxy, one of them beset by clients that never end their heads.
measure_slowloris() {
  local slow="$SLOW_CLIENTS slow clients" line ended=""
  needs_own_load_tool || return
  ensure pipeproxy+calm
  ensure pipeproxy+slow
  coproc SLOW { exec "$COMPARISON" slow "${URL_OF[pipeproxy+slow]}/" --clients "$SLOW_CLIENTS" 2>"$DIR/slow.err"; }
  local holder=$SLOW_PID to_holder=${SLOW[1]} from_holder
  exec {from_holder}<&"${SLOW[0]}"
  read -r -t 60 line <&"$from_holder" || fail "slow clients: $(head -n 1 "$DIR/slow.err")"
  # The first of them are refused meanwhile, and all of them come and go from then on.
  sleep "$SLOW_LEAD"
  compare slowloris plain / "$CONNECTIONS" 20 5 "calm=pipeproxy+calm" "$slow=pipeproxy+slow" -- --rate "$STORM_RATE"
  exec {to_holder}>&-
  read -r -t 20 ended <&"$from_holder"
  exec {from_holder}<&-
  wait "$holder" 2>/dev/null
  printf 'slowloris\t%s at a byte a second each; the proxy refused and ended %s of them meanwhile\n' "$slow" "${ended#ended }" >>"$DIR/facts.tsv"
}

# One and two of what serves, of PipeProxy and of the peers in the same way: what two cost more is theirs only where the peers' do not.
measure_loops() {
  needs_own_load_tool || return
  find_half_rate
  compare_one_with_two loops pipeproxy "--loops 1" "--loops 2"
  [[ " ${PROXIES[*]} " != *" nginx "* ]] || compare_one_with_two workers nginx "1 worker" "2 workers"
  [[ " ${PROXIES[*]} " != *" haproxy "* ]] || compare_one_with_two threads haproxy "1 thread" "2 threads"
}

# compare_one_with_two SECTION KIND ONE TWO: the last two are the names in the report.
compare_one_with_two() {
  local workers
  for workers in 1 2; do
    WORKERS=$workers CPUS=$ALL_CPUS start_proxy "$2-$workers" "$2"
    warm_up "$2-$workers"
  done
  compare "$1" plain / "$CONNECTIONS" 40 2 "$3=$2-1" "$4=$2-2" -- --rate "$HALF_RATE"
  end_proxy "$2-1"
  end_proxy "$2-2"
}

measure_scale() {
  local i
  create_client_certificate
  for ((i = 0; i < 1000; i++)); do
    cp -r "$DIR/certificates/bench" "$DIR/certificates/bench$i"
  done
  fill "$PEERS/pipeproxy.json" "$DIR/pipeproxy.scale.json" "DIR=$DIR" "ORIGIN_PORT=$ORIGIN_PORT" "CLOSING_PORT=$CLOSING_PORT"
  grep -v '"/close"' "$DIR/pipeproxy.scale.json" >"$DIR/one route.json"
  many_routes >"$DIR/10 000 routes.json"
  for i in "one route" "10 000 routes"; do
    start_proxy "$i" pipeproxy
    warm_up "$i" /route/9999/a
  done
  compare scale plain /route/9999/a "$CONNECTIONS" 60 1 "one route=one route" "10 000 routes=10 000 routes"
  end_proxy "one route"
  end_proxy "10 000 routes"
  # What runs after this, idle above all, is measured without them.
  rm -rf "$DIR"/certificates/bench[0-9]*
}

many_routes() {
  awk -v port="$ORIGIN_PORT" '
    /"path"/ {
      for (i = 0; i < 10000; i++)
        printf "    { \"path\": \"/route/%04d/{*rest}\", \"baseUrl\": \"https://localhost:%d\", \"mtlsCertificate\": \"bench%d\" }%s\n", i, port, i % 1000, i < 9999 ? "," : ""
      next
    }
    { print }' "$DIR/one route.json"
}
