# Certificates, the origin and the proxies of a run. Sourced after processes.sh.

PEERS="$ROOT/bench/peers"
COMMAND="$ROOT/artifacts/bin/PipeProxy.Cli/release/pipeproxy"
YARP="$ROOT/artifacts/bin/yarp/release/yarp"

CORES=$(nproc)
ALL_CPUS=0-$((CORES - 1))
PROXY_CPU=0
LOAD_CPU=$((CORES > 1 ? 1 : 0))
ORIGIN_CPU=$((CORES > 2 ? 2 : LOAD_CPU))

# Connections that nginx and HAProxy are told to expect.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null
MOST_CLIENTS=$(($(ulimit -n) - 500))
((MOST_CLIENTS <= 12000)) || MOST_CLIENTS=12000

# .NET compiles a method again, and better, once it has been called 30 times, but begins to count only after 100 ms without anything new:
# on one busy core that was after half a minute for YARP. Without the wait it is after a second; the code that comes out is the same.
export DOTNET_TC_CallCountingDelayMs=0

# Of every running proxy, by its name: pid, and what it listens on.
declare -A PID_OF URL_OF TLS_URL_OF

# build PROJECT: Release; false when it fails, and the compiler's words are in build.out.
build() {
  echo "Building $1 (Release) ..."
  dotnet build "$ROOT/$1" -c Release --nologo -v quiet >"$DIR/build.out" 2>&1
}

build_pipeproxy() {
  build src/PipeProxy.Cli || {
    cat "$DIR/build.out" >&2
    fail "the build failed"
  }
}

# A root, the origin's certificate for localhost and the client's, P-256, for two days. The proxies' TLS listeners show the origin's.
make_certificates() {
  (
    cd "$DIR" || exit 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-key.pem -out ca.pem -days 2 -subj "/CN=PipeProxy bench root" \
      -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign
    issue server localhost "extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1"
    issue client "bench client" "extendedKeyUsage=clientAuth"
    cat client.pem client-key.pem >client-bundle.pem
    cat server.pem server-key.pem >server-bundle.pem
  ) 2>"$DIR/openssl.err" || {
    cat "$DIR/openssl.err" >&2
    fail "openssl could not make the certificates"
  }
}

issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1-key.pem" -out "$1.csr" -subj "/CN=$2" &&
    printf 'basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n%s\n' "$3" >"$1.ext" &&
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
}

# Sets ORIGIN_PORT and CLOSING_PORT. What ends the connection after each answer is a process of its own, so that nobody else's requests
# wait behind its handshakes: what is measured is the proxy.
start_origin() {
  mkdir -p "$DIR/files"
  head -c 1048576 /dev/zero >"$DIR/files/mebibyte"
  start_one_origin origin
  ORIGIN_PORT=$FREE_PORT
  start_one_origin closing
  CLOSING_PORT=$FREE_PORT
}

start_one_origin() {
  take_port
  fill "$PEERS/origin.nginx.conf" "$DIR/$1.conf" "DIR=$DIR" "NAME=$1" "PORT=$FREE_PORT" "BODY=$(printf 'x%.0s' {1..1024})"
  start "$1" "$ORIGIN_CPU" nginx -p "$DIR" -e "$DIR/$1.log" -c "$DIR/$1.conf"
  wait_for "$1" "$STARTED" "$FREE_PORT"
}

# start_proxy NAME KIND [log] [OPTION...]: sets PID_OF, URL_OF and TLS_URL_OF of NAME, and STARTED. "log" writes an access log, each in the
# format that is its default. CPUS pins to other cores than the first; WORKERS are loops, worker processes or threads, 1 without it; options go to
# pipeproxy run.
start_proxy() {
  local name=$1 kind=$2 log=off cpus=${CPUS:-$PROXY_CPU} workers=${WORKERS:-1} master=off shared=""
  shift 2
  if [[ ${1:-} == log ]]; then
    log=$DIR/$name.access.log
    shift
  fi
  case $kind in
    pipeproxy)
      create_client_certificate
      [[ -e $DIR/$name.json ]] || fill "$PEERS/pipeproxy.json" "$DIR/$name.json" "DIR=$DIR" "ORIGIN_PORT=$ORIGIN_PORT" "CLOSING_PORT=$CLOSING_PORT"
      [[ $* == *--loops* ]] || set -- --loops "$workers" "$@"
      [[ $log == off ]] || set -- --access-log "$log" "$@"
      start "$name" "$cpus" "${PIPEPROXY:-$COMMAND}" run --config "$DIR/$name.json" --allow-root "$@"
      wait_for_ready_lines "$name" "$STARTED"
      ;;
    nginx)
      take_ports
      ((workers == 1)) || master=on shared=" reuseport"
      fill "$PEERS/nginx.conf" "$DIR/$name.conf" "MASTER=$master" "WORKERS=$workers" "SHARED=$shared" "DIR=$DIR" "NAME=$name" "PORT=$PORT" "TLS_PORT=$TLS_PORT" "ORIGIN_PORT=$ORIGIN_PORT" "CLOSING_PORT=$CLOSING_PORT" \
        "CLIENTS=$MOST_CLIENTS" "FILES=$(ulimit -n)" "ACCESS_LOG=${log/%.log/.log combined buffer=64k flush=1s}"
      start "$name" "$cpus" nginx -p "$DIR" -e "$DIR/$name.log" -c "$DIR/$name.conf"
      ;;
    haproxy)
      take_ports
      fill "$PEERS/haproxy.cfg" "$DIR/$name.cfg" "WORKERS=$workers" "DIR=$DIR" "PORT=$PORT" "TLS_PORT=$TLS_PORT" "ORIGIN_PORT=$ORIGIN_PORT" "CLOSING_PORT=$CLOSING_PORT" \
        "CLIENTS=$MOST_CLIENTS" "ACCESS_LOG=$([[ $log == off ]] || echo 'log stdout format raw local0')"
      start "$name" "$cpus" haproxy -db -f "$DIR/$name.cfg"
      ;;
    yarp)
      [[ $log == off ]] || set -- --access-log
      start "$name" "$cpus" "$YARP" --origin "https://localhost:$ORIGIN_PORT" --closing "https://localhost:$CLOSING_PORT" --folder "$DIR" "$@"
      wait_for_ready_lines "$name" "$STARTED"
      ;;
  esac
  wait_for "$name" "$STARTED" "$PORT"
  PID_OF[$name]=$STARTED
  URL_OF[$name]="http://127.0.0.1:$PORT"
  TLS_URL_OF[$name]="https://127.0.0.1:$TLS_PORT"
}

create_client_certificate() {
  [[ -d $DIR/certificates/bench ]] && return
  "$COMMAND" mtls-certificate create --store "$DIR/certificates" --name bench --cert "$DIR/client.pem" --key "$DIR/client-key.pem" --environment-type development \
    >"$DIR/create.out" 2>&1 || {
    cat "$DIR/create.out" >&2
    fail "the client certificate was not taken"
  }
}

take_ports() {
  take_port
  PORT=$FREE_PORT
  take_port
  TLS_PORT=$FREE_PORT
}

# wait_for_ready_lines NAME PID: PipeProxy and the YARP peer take free ports and print them. Sets PORT and TLS_PORT.
wait_for_ready_lines() {
  local i
  for ((i = 0; i < 400; i++)); do
    PORT=$(listening_port http "$1")
    TLS_PORT=$(listening_port https "$1")
    [[ -n $PORT && -n $TLS_PORT ]] && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  cat "$DIR/$1.out" "$DIR/$1.err" >&2
  fail "$1 did not start"
}

listening_port() {
  sed -n "s|^listening on $1://127\.0\.0\.1:\([0-9]*\).*|\1|p" "$DIR/$2.out" 2>/dev/null | head -n 1
}

# end_proxy NAME: ends it, and waits for it.
end_proxy() {
  end "${PID_OF[$1]}"
  unset "PID_OF[$1]" "URL_OF[$1]" "TLS_URL_OF[$1]"
}
