# Several proxies under the same load, in turns. Sourced after load.sh.

# compare SECTION CASE PATH CLIENTS SHARE LENGTH NAME=INSTANCE... [-- OPTION...]
#
# Of the rounds asked for a case takes SHARE percent, and its turns are LENGTH times as long. Cases that begin with tls use the TLS
# listener. Options are for pipeproxy-bench.
compare() {
  local section=$1 case=$2 path=$3 clients=$4 rounds length targets=()
  rounds=$(rounds_of "$5")
  length=$(product "$SECONDS_EACH" "$6")
  shift 6
  while (($#)) && [[ $1 != -- ]]; do
    targets+=("$1")
    shift
  done
  shift
  progress "$CURRENT: $case, $rounds rounds of $length s"
  if [[ $LOAD == wrk ]]; then
    compare_with_wrk
  else
    compare_in_turns "$@"
  fi
  progress ""
}

# At least as many as give a 95 % interval, and no more than asked for.
rounds_of() {
  local rounds=$((ROUNDS * $1 / 100))
  ((rounds >= LEAST_ROUNDS)) || rounds=$LEAST_ROUNDS
  ((rounds <= ROUNDS)) || rounds=$ROUNDS
  echo "$rounds"
}

# One load generator holds connections to all of them, and has one after the other work for a tenth of a second; docs/load-test.md.
compare_in_turns() {
  local csv="$DIR/turns-$section-$case.csv" target name instance asked=() why
  for target in "${targets[@]}"; do
    name=${target%%=*} instance=${target#*=}
    asked+=("$name=$(url_of "$case" "$instance")$path")
    set -- --watch-pid "${PID_OF[$instance]}=$name" "$@"
  done
  [[ $case != tls* ]] || set -- --trusted-ca "$DIR/ca.pem" "$@"
  pinned_to_load_cpu "$LOAD_TOOL" turns --rounds "$rounds" --turn "${length}s" --warmup "${WARM_UP}s" -c "$clients" --csv "$csv" "$@" \
    -- "${asked[@]}" >"$DIR/turns.out" 2>&1
  if [[ -s $csv ]]; then
    record "$section" "$case" "turns=$csv" "${LAGS[@]}"
    return
  fi
  why=$(grep -m 1 error "$DIR/turns.out" | tr '\t' ' ')
  for target in "${targets[@]}"; do
    record "$section" "$case" "${target%%=*}" 0 "lost=${why:-the load generator left no result}"
  done
}

# For those who would rather trust a load generator that is not ours: a run of its own for each proxy in each round, in rotating order,
# whole seconds long. Opening its connections is counted too, and the process's time is known in hundredths of a second.
compare_with_wrk() {
  local count=${#targets[@]} round i target
  for ((round = 0; round < rounds; round++)); do
    progress "$CURRENT: $case, round $((round + 1)) of $rounds"
    for ((i = 0; i < count; i++)); do
      target=${targets[(round + i) % count]}
      record "$section" "$case" "${target%%=*}" "$round" "$(measure_with_wrk "${PID_OF[${target#*=}]}" "$(url_of "$case" "${target#*=}")$path")"
    done
  done
}

measure_with_wrk() {
  local before after
  before=$(cpu_ticks "$1")
  load "$2" "$SECONDS_EACH" "$clients" >"$DIR/load.out" 2>&1
  after=$(cpu_ticks "$1")
  awk -v ticks="$((after - before))" -v hertz="$(getconf CLK_TCK)" 'BEGIN { printf "cpuSeconds=%.2f\t", ticks / hertz }'
  wrk_result "$DIR/load.out"
}

url_of() {
  if [[ $1 == tls* ]]; then
    echo "${TLS_URL_OF[$2]}"
  else
    echo "${URL_OF[$2]}"
  fi
}
