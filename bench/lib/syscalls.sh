# How many system calls a request costs. Sourced after sections.sh.

measure_syscalls() {
  local proxy
  ensure_proxies
  if ! can_count_syscalls; then
    leave_out "neither perf nor strace may count here"
    return
  fi
  for proxy in "${PROXIES[@]}"; do
    progress "$CURRENT: $proxy"
    count_syscalls one "$proxy" 1
    count_syscalls many "$proxy" "$CONNECTIONS"
  done
  progress ""
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
  "count_with_$COUNTER" "$pid" load "${URL_OF[$2]}/" "$SYSCALL_SECONDS" "$3" --json "$result" >"$DIR/load.out" 2>&1
  counts=$(tr '\n' '\t' <"$DIR/calls.tsv")
  if [[ $LOAD == wrk ]]; then
    record syscalls "$1" "$2" 0 "$counts$(wrk_result "$DIR/load.out")"
  else
    record syscalls "$1" "$2" 0 "${counts}load=$result"
  fi
}

# Each event is opened for each thread; all 350 took a quarter of a minute. What is not among these counts in the total only.
CALLS=(accept4 clock_gettime close connect epoll_ctl epoll_pwait epoll_wait fcntl futex getpid getsockopt ioctl newfstatat poll ppoll read
  readv recvfrom recvmsg sched_yield sendfile64 sendmsg sendto setsockopt shutdown socket splice write writev)

syscall_events() {
  local call folder=/sys/kernel/tracing/events
  printf raw_syscalls:sys_enter
  for call in "${CALLS[@]}"; do
    [[ ! -d $folder/syscalls/sys_enter_$call ]] || printf ',syscalls:sys_enter_%s' "$call"
  done
}

# count_with_perf PID COMMAND...: what the process calls while the command runs, into calls.tsv.
count_with_perf() {
  local pid=$1 perf reply
  shift
  rm -f "$DIR/perf.control" "$DIR/perf.reply"
  mkfifo "$DIR/perf.control" "$DIR/perf.reply"
  perf stat -x, -o "$DIR/perf.out" -D -1 --control "fifo:$DIR/perf.control,$DIR/perf.reply" -e "$(syscall_events)" -p "$pid" &
  perf=$!
  exec 8>"$DIR/perf.control" 9<"$DIR/perf.reply"
  echo enable >&8 && read -r -t 20 reply <&9
  "$@"
  echo disable >&8 && read -r -t 20 reply <&9
  kill -INT "$perf"
  wait "$perf"
  exec 8>&- 9<&-
  awk -F, '
    $3 == "raw_syscalls:sys_enter" { total = $1; next }
    $1 ~ /^[0-9]+$/ && $1 > 0 { sub(/.*sys_enter_/, "", $3); printf "call.%s=%d\n", $3, $1 }
    END { printf "syscalls=%d\n", total }' "$DIR/perf.out" >"$DIR/calls.tsv"
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
