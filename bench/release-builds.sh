#!/usr/bin/env bash
# Publishes the binary as releases carry it, into artifacts/release/NAME/pipeproxy.
#
#   bench/release-builds.sh [default] [ready-to-run] [native-aot]      all three without an argument
#
#   default        needs the .NET runtime; compiled as it runs
#   ready-to-run   needs the .NET runtime; compiled beforehand, and again, better, as it runs
#   native-aot     needs nothing; compiled beforehand and never again
#
# native-aot needs clang or gcc (Debian: gcc, libc6-dev).
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

(($#)) || set -- default ready-to-run native-aot

runtime() {
  case $(uname -m) in
    aarch64) echo linux-arm64 ;;
    *) echo linux-x64 ;;
  esac
}

for build in "$@"; do
  # The runtime is named here and in no project: there it would move artifacts/bin/PipeProxy.Cli/release.
  case $build in
    default) options=() ;;
    ready-to-run) options=(-r "$(runtime)" --no-self-contained -p:PublishReadyToRun=true) ;;
    native-aot)
      options=(-r "$(runtime)" -p:PublishAot=true)
      command -v clang >/dev/null || options+=(-p:CppCompilerAndLinker=gcc)
      ;;
    *) echo "error: there is no build '$build'; see $0" >&2; exit 2 ;;
  esac
  echo "Publishing $build ..."
  rm -rf "$ROOT/artifacts/release/$build"
  # Intermediate files of their own: a restore for a runtime would undo the one of the plain build.
  dotnet publish "$ROOT/src/PipeProxy.Cli" -c Release --nologo -v quiet -p:ArtifactsPath="$ROOT/artifacts/release/work-$build/" -p:DebugType=none \
    -o "$ROOT/artifacts/release/$build" "${options[@]}" || exit 1
  # The command is pipeproxy; what it was copied from, debug symbols and documentation stay behind.
  rm -f "$ROOT/artifacts/release/$build/"{*.xml,*.dbg,PipeProxy.Cli}
done
