# The builds of the binary beside each other. Sourced after compare.sh.

BUILDS=(default ready-to-run native-aot)

measure_builds() {
  local build case round rounds targets=()
  [[ $BUILD == no ]] || "$ROOT/bench/release-builds.sh" "${BUILDS[@]}" || fail "a build could not be published"
  for build in "${BUILDS[@]}"; do
    [[ -x $ROOT/artifacts/release/$build/pipeproxy ]] || fail "artifacts/release/$build is missing; bench/release-builds.sh publishes it"
    PIPEPROXY="$ROOT/artifacts/release/$build/pipeproxy" start_proxy "$build" pipeproxy
    check_answer "$build"
    warm_up "$build"
    targets+=("$build=$build")
  done
  for case in plain tls; do
    compare builds "$case" / "$CONNECTIONS" 60 1 "${targets[@]}"
  done
  rounds=$(rounds_of 9)
  for ((round = 0; round < rounds; round++)); do
    progress "$CURRENT: start $((round + 1)) of $rounds"
    for build in "${BUILDS[@]}"; do
      measure_start "$build" "$round"
    done
  done
  progress ""
  for build in "${BUILDS[@]}"; do
    end_proxy "$build"
  done
}

# From the command to the first ready line, and what the process then holds; beside it what the loaded one holds, and the size on disk.
# As it is delivered, so without the setting of proxies.sh that shortens the warm-up.
measure_start() {
  local folder="$ROOT/artifacts/release/$1" began line pid resident
  began=$EPOCHREALTIME
  coproc FRESH { exec env -u DOTNET_TC_CallCountingDelayMs taskset -c "$PROXY_CPU" "$folder/pipeproxy" run --config "$DIR/$1.json" --allow-root --loops 1 2>"$DIR/fresh.err"; }
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
