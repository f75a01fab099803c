#!/usr/bin/env bash
# Sends a 5 GiB body up and down through PipeProxy and prints the most memory that it ever held (VmHWM).
#
#   bench/large-bodies.sh [--gib N] [--limit-mb N] [--no-build]
#
# The origin is nginx with TLS 1.3 and a required client certificate; uploads end in a sink behind it that reads every byte before
# it answers. Exit code 1 when a byte is missing or the memory is over the limit (150 MB).
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH="$PATH:/usr/sbin:/usr/local/sbin" LC_ALL=C

# shellcheck source=bench/lib/processes.sh
source "$ROOT/bench/lib/processes.sh"
# shellcheck source=bench/lib/proxies.sh
source "$ROOT/bench/lib/proxies.sh"

GIB=5
LIMIT_MB=150
BUILD=yes

while (($#)); do
  case $1 in
    --gib) GIB=$2; shift 2 ;;
    --limit-mb) LIMIT_MB=$2; shift 2 ;;
    --no-build) BUILD=no; shift ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "error: unknown argument '$1'; see $0 --help" >&2; exit 2 ;;
  esac
done

BYTES=$((GIB << 30))
FAILED=0

status_kb() {
  awk -v key="$1:" '$1 == key { print $2 }' "/proc/$PROXY/status"
}

# run NAME EXPECTED COMMAND...: the command prints how many bytes arrived.
run() {
  local name=$1 expected=$2 before began arrived took
  shift 2
  before=$(cpu_ticks "$PROXY")
  began=$EPOCHREALTIME
  arrived=$("$@")
  took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
  awk -v name="$name" -v arrived="$arrived" -v took="$took" -v ticks="$(($(cpu_ticks "$PROXY") - before))" -v hertz="$(getconf CLK_TCK)" -v peak="$(status_kb VmHWM)" \
    'BEGIN { printf "%-28s %12s bytes %7.1f s %7.0f MiB/s %8.3f ms CPU per MiB %8.1f MB peak\n", name, arrived, took, arrived / 1048576 / took, ticks / hertz * 1000 / (arrived / 1048576), peak * 1024 / 1e6 }'
  if [[ $arrived != "$expected" ]]; then
    echo "error: $name: $arrived bytes arrived instead of $expected" >&2
    FAILED=1
  fi
}

download() {
  curl -sS -o /dev/null -w '%{size_download}' "$URL/files/large"
}

upload_with_length() {
  curl -sS -T "$DIR/files/large" "$URL/upload"
}

# Through a pipe curl does not know the length and sends chunks.
upload_chunked() {
  head -c "$BYTES" /dev/zero | curl -sS -T - "$URL/upload"
}

for tool in awk curl openssl dotnet nginx; do
  has "$tool" || fail "'$tool' is not installed"
done

open_folder
[[ $BUILD == no ]] || build_pipeproxy
make_certificates
mkdir -p "$DIR/files"
truncate -s "$BYTES" "$DIR/files/large" # sparse: no disk is used

dotnet build "$ROOT/bench/upload-sink.cs" -c Release -o "$DIR/sink" --nologo -v quiet >"$DIR/sink-build.out" 2>&1 || {
  cat "$DIR/sink-build.out" >&2
  fail "the sink could not be built"
}
start sink "$LOAD_CPU" dotnet "$DIR/sink/upload-sink.dll" "$DIR/upload.sock"
until [[ -S $DIR/upload.sock ]]; do
  kill -0 "$STARTED" 2>/dev/null || fail "the sink did not start: $(<"$DIR/sink.err")"
  sleep 0.05
done

start_origin
start_proxy pipeproxy pipeproxy
PROXY=$STARTED
URL=${URL_OF[pipeproxy]}

curl -sS -o /dev/null "$URL/"
awk -v now="$(status_kb VmRSS)" 'BEGIN { printf "%-28s %74.1f MB\n", "after one small request", now * 1024 / 1e6 }'
run "download, Content-Length" "$BYTES" download
run "upload, Content-Length" "$BYTES" upload_with_length
run "upload, chunked" "$BYTES" upload_chunked

PEAK=$(status_kb VmHWM)
awk -v peak="$PEAK" -v limit="$LIMIT_MB" 'BEGIN { ok = peak * 1024 < limit * 1e6; printf "peak memory %.1f MB, limit %d MB: %s\n", peak * 1024 / 1e6, limit, ok ? "kept" : "BROKEN"; exit !ok }' || FAILED=1
exit "$FAILED"
