# Reads facts (name, value) and rounds (phase, round, proxy, requests, requests per second, clock ticks, errors); prints a table and
# writes the same as JSON with every round in it. A round with an error, or without a request, is lost: counted and left out.
BEGIN { FS = "\t" }

FNR == NR { facts[++factCount] = $1; fact[$1] = $2; next }

{
  line[++lines] = $0
  phase = $1; round = $2; name = $3
  if (!((phase, name) in seen)) {
    seen[phase, name] = 1
    names[phase, ++nameCount[phase]] = name
  }
  if ($4 == 0 || $7 > 0) {
    lost[phase, name]++
    next
  }
  n = ++good[phase, name]
  cpu[phase, name, n] = cpuAt[phase, round, name] = $6 / hertz / $4 * 1e6
  rate[phase, name, n] = $5
  busy[phase, name, n] = $6 / hertz / ($4 / $5) * 100
}

END {
  for (i = 1; i <= factCount; i++) printf "%-10s %s\n", facts[i], fact[facts[i]]
  printf "{\n" >result
  for (i = 1; i <= factCount; i++) printf "  \"%s\": \"%s\",\n", facts[i], escaped(fact[facts[i]]) >result
  printf "  \"summary\": [" >result
  report("a/a", "nginx", "A/A: nginx against itself. Differences of this size are noise.")
  report("job", "pipeproxy", "The job.")
  printf "\n  ],\n  \"rounds\": [" >result
  for (i = 1; i <= lines; i++) {
    split(line[i], f, "\t")
    printf "%s\n    { \"phase\": \"%s\", \"round\": %d, \"proxy\": \"%s\", \"requests\": %d, \"requestsPerSecond\": %s, \"cpuSeconds\": %.2f, \"errors\": %d }",
      (i > 1) ? "," : "", f[1], f[2], f[3], f[4], f[5], f[6] / hertz, f[7] >result
  }
  printf "\n  ]\n}\n" >result
}

# A ratio is taken within each round, where both stood in the same weather, and then the median of them.
function report(phase, base, title,    i, k, m, name, r) {
  printf "\n%s\n%-12s %28s %22s %28s %6s %5s\n", title, "proxy", "CPU per request, us", "ratio to " base, "requests per second", "core", "lost"
  for (i = 1; i <= nameCount[phase]; i++) {
    name = names[phase, i]
    m = good[phase, name]
    for (k = 1; k <= m; k++) values[k] = cpu[phase, name, k]
    summarise(values, m); cpuText = sprintf("%.1f (%.1f to %.1f)", median, low, high); cpuJson = json("cpuMicrosecondsPerRequest")
    for (k = 1; k <= m; k++) values[k] = rate[phase, name, k]
    summarise(values, m); rateText = sprintf("%.0f (%.0f to %.0f)", median, low, high); rateJson = json("requestsPerSecond")
    for (k = 1; k <= m; k++) values[k] = busy[phase, name, k]
    summarise(values, m); busyText = sprintf("%.0f %%", median)
    r = 0
    for (k = 0; k < 1000; k++)
      if (((phase, k, name) in cpuAt) && ((phase, k, base) in cpuAt)) values[++r] = cpuAt[phase, k, name] / cpuAt[phase, k, base]
    summarise(values, r); ratioText = sprintf("%.2f (%.2f to %.2f)", median, low, high); ratioJson = json("cpuRatio")
    printf "%-12s %28s %22s %28s %6s %5d\n", name, cpuText, ratioText, rateText, busyText, lost[phase, name]
    printf "%s\n    { \"phase\": \"%s\", \"proxy\": \"%s\", %s, \"ratioTo\": \"%s\", %s, %s, \"lostRounds\": %d }",
      written++ ? "," : "", phase, name, cpuJson, base, ratioJson, rateJson, lost[phase, name] >result
  }
}

# Sets median, low and high of the first n values; sorts them.
function summarise(values, n,    i, j, v) {
  for (i = 2; i <= n; i++) {
    v = values[i]
    for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]
    values[j + 1] = v
  }
  low = n ? values[1] : 0
  high = n ? values[n] : 0
  median = n == 0 ? 0 : n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

function json(name) { return sprintf("\"%s\": { \"median\": %.3f, \"min\": %.3f, \"max\": %.3f }", name, median, low, high) }

function escaped(text) { gsub(/["\\]/, "\\\\&", text); return text }
