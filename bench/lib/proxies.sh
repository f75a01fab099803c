# Certificates, the origin and the proxies of a run. Sourced after processes.sh.

PEERS="$ROOT/bench/peers"
COMMAND="$ROOT/artifacts/bin/PipeProxy.Cli/release/pipeproxy"

CORES=$(nproc)
PROXY_CPU=0
LOAD_CPU=$((CORES > 1 ? 1 : 0))
ORIGIN_CPU=$((CORES > 2 ? 2 : LOAD_CPU))

build_pipeproxy() {
  echo "Building PipeProxy (Release) ..."
  dotnet build "$ROOT/src/PipeProxy.Cli" -c Release --nologo -v quiet >"$DIR/build.out" 2>&1 || {
    cat "$DIR/build.out" >&2
    fail "the build failed"
  }
}

# A root, the origin's certificate for localhost and the client's, P-256, for two days.
make_certificates() {
  (
    cd "$DIR" || exit 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-key.pem -out ca.pem -days 2 -subj "/CN=PipeProxy bench root" \
      -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign
    issue server localhost "extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1"
    issue client "bench client" "extendedKeyUsage=clientAuth"
    cat client.pem client-key.pem >client-bundle.pem
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

# Sets ORIGIN_PORT.
start_origin() {
  mkdir -p "$DIR/files"
  take_port
  ORIGIN_PORT=$FREE_PORT
  fill "$PEERS/origin.nginx.conf" "$DIR/origin.conf" "DIR=$DIR" "ORIGIN_PORT=$ORIGIN_PORT" "BODY=$(printf 'x%.0s' {1..1024})"
  start origin "$ORIGIN_CPU" nginx -p "$DIR" -e "$DIR/origin.log" -c "$DIR/origin.conf"
  wait_for origin "$STARTED" "$ORIGIN_PORT"
}

# start_proxy NAME KIND: sets STARTED and PORT.
start_proxy() {
  local name=$1
  case $2 in
    pipeproxy)
      "$COMMAND" mtls-certificate create --store "$DIR/certificates" --name bench --cert "$DIR/client.pem" --key "$DIR/client-key.pem" --environment-type development \
        >"$DIR/create.out" 2>&1 || {
        cat "$DIR/create.out" >&2
        fail "the client certificate was not taken"
      }
      fill "$PEERS/pipeproxy.json" "$DIR/$name.json" "DIR=$DIR" "ORIGIN_PORT=$ORIGIN_PORT"
      start "$name" "$PROXY_CPU" "$COMMAND" run --config "$DIR/$name.json" --loops 1
      wait_for_ready_line "$name" "$STARTED"
      ;;
    nginx)
      take_port
      PORT=$FREE_PORT
      fill "$PEERS/nginx.conf" "$DIR/$name.conf" "DIR=$DIR" "NAME=$name" "PORT=$PORT" "ORIGIN_PORT=$ORIGIN_PORT"
      start "$name" "$PROXY_CPU" nginx -p "$DIR" -e "$DIR/$name.log" -c "$DIR/$name.conf"
      ;;
    haproxy)
      take_port
      PORT=$FREE_PORT
      fill "$PEERS/haproxy.cfg" "$DIR/$name.cfg" "DIR=$DIR" "PORT=$PORT" "ORIGIN_PORT=$ORIGIN_PORT"
      start "$name" "$PROXY_CPU" haproxy -db -f "$DIR/$name.cfg"
      ;;
  esac
  wait_for "$name" "$STARTED" "$PORT"
}

wait_for_ready_line() {
  local i
  for ((i = 0; i < 200; i++)); do
    PORT=$(sed -n 's|^listening on http://127\.0\.0\.1:\([0-9]*\).*|\1|p' "$DIR/$1.out" | head -n 1)
    [[ -n $PORT ]] && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  cat "$DIR/$1.out" "$DIR/$1.err" >&2
  fail "pipeproxy did not start"
}
