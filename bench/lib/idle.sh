# What an idle client costs in memory. Sourced after load.sh.

measure_idle() {
  local proxy
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
  load "$url/" "$(product "$WARM_START" 0.5)" "$CONNECTIONS" >/dev/null 2>&1
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
