#!/usr/bin/env bash
# Fuzzes a target with afl++: afl.sh request|response|chunked [SECONDS] [FOLDER]
# Needs afl-fuzz (Debian: afl++) and the .NET tool SharpFuzz.CommandLine, which this installs into the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=${1:?request, response or chunked}
seconds=${2:-3600}
folder=${3:-artifacts/fuzz}
program=$folder/bin/PipeProxy.Fuzz

export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
dotnet publish tests/PipeProxy.Fuzz -c Release -o "$folder/bin" --nologo -v quiet
[[ -x $folder/tool/sharpfuzz ]] || dotnet tool install SharpFuzz.CommandLine --tool-path "$folder/tool"
# The corpus first: instrumented code runs under afl-fuzz alone, whose shared memory it writes to.
"$program" corpus "$target" "$folder/$target/corpus"
"$folder/tool/sharpfuzz" "$folder/bin/PipeProxy.dll" PipeProxy.Http1

# .NET starts slowly and maps much: no fork server that AFL could compile in, and a generous limit for time.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1
afl-fuzz -i "$folder/$target/corpus" -o "$folder/$target/findings" -t 10000 -m none -V "$seconds" "$program" afl "$target"
grep -E '^(execs_done|execs_per_sec|corpus_count|saved_crashes|saved_hangs|edges_found)' "$folder/$target/findings/default/fuzzer_stats"
