# When, where and with what a run is made. Sourced.

# Lines of name, tabulator, value.
write_facts() {
  printf 'date\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  printf 'commit\t%s\n' "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  printf 'processor\t%s, %d cores\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$CORES"
  printf 'load\t%s before the run\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
  printf 'kernel\t%s\n' "$(uname -sr)"
  printf 'dotnet\t%s\n' "$(dotnet --list-runtimes | awk '/NETCore.App/ { v = $2 } END { print v }')"
  printf 'openssl\t%s\n' "$(openssl version)"
  printf 'pipeproxy\t%s\n' "$(first_line "$COMMAND" --version)"
  printf 'nginx\t%s\n' "$(first_line nginx -v | sed 's/.*: //')"
  has haproxy && printf 'haproxy\t%s\n' "$(first_line haproxy -v | cut -d ' ' -f 1-3)"
  [[ -x $YARP ]] && printf 'yarp\t%s\n' "$(sed -n 's/.*"Yarp.ReverseProxy" Version="\([^"]*\)".*/\1/p' "$ROOT/Directory.Packages.props")"
  if [[ $LOAD == wrk ]]; then
    printf 'generator\t%s\n' "$(first_line wrk -v | cut -d ' ' -f 1-2)"
  else
    printf 'generator\tpipeproxy-bench %s\n' "$(first_line "$LOAD_TOOL" --version)"
  fi
  printf 'job\t%d keep-alive clients, GET, 1 KiB, TLS 1.3 origin that demands a client certificate; %d rounds of %s s in rotating order in floor and cpu\n' \
    "$CONNECTIONS" "$ROUNDS" "$SECONDS_EACH"
}

first_line() {
  "$@" 2>&1 | head -n 1
}
