# Processes, ports and the temporary folder of a run. Sourced. Everything started here is ended by its pid when the script ends.

PIDS=()

open_folder() {
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/pipeproxy-bench.XXXXXX")
  trap close_folder EXIT
  trap 'exit 130' INT TERM
}

close_folder() {
  local status=$? pid
  for pid in "${PIDS[@]}"; do
    kill "$pid" 2>/dev/null
  done
  for pid in "${PIDS[@]}"; do
    wait "$pid" 2>/dev/null
  done
  rm -rf "$DIR"
  exit "$status"
}

fail() {
  echo "error: $*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null
}

# start NAME CPUS COMMAND...: in the background, on these cores; its pid is in STARTED.
start() {
  local name=$1 cpus=$2
  shift 2
  if has taskset && ((CORES > 1)); then
    taskset -c "$cpus" "$@" >"$DIR/$name.out" 2>"$DIR/$name.err" &
  else
    "$@" >"$DIR/$name.out" 2>"$DIR/$name.err" &
  fi
  STARTED=$!
  PIDS+=("$STARTED")
}

# end PID: ends what start started, and waits for it.
end() {
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

accepts() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Sets FREE_PORT to a port below the range from which the kernel takes ports for outgoing connections.
take_port() {
  while :; do
    FREE_PORT=$((15000 + RANDOM % 15000))
    accepts "$FREE_PORT" || return 0
  done
}

# wait_for NAME PID PORT: until the process accepts connections.
wait_for() {
  local i
  for ((i = 0; i < 200; i++)); do
    accepts "$3" && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  cat "$DIR/$1.out" "$DIR/$1.err" "$DIR/$1.log" >&2 2>/dev/null
  fail "$1 does not accept connections on port $3"
}

# fill TEMPLATE TARGET NAME=VALUE...: writes a template with its @NAME@ filled in.
fill() {
  local text pair template=$1 target=$2
  shift 2
  text=$(<"$template")
  for pair in "$@"; do
    text=${text//@${pair%%=*}@/${pair#*=}}
  done
  printf '%s\n' "$text" >"$target"
}

# User and system time that a process has used so far, in clock ticks. Fields 14 and 15 of stat, counted behind the name's closing bracket.
cpu_ticks() {
  awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# Resident memory of a process, in KiB.
resident_kib() {
  awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}
