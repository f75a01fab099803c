// Draws one result of pipeproxy-bench. The names of its JSON are described in docs/load-test.md.
(function () {
  "use strict";

  const run = JSON.parse(document.getElementById("data").textContent);
  const plots = [];

  const group = (n) => Math.round(n).toLocaleString("en-US");
  const digits = (n) => n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0);
  const micros = (us) => us == null ? "–" : us < 1e3 ? digits(us) + " µs" : us < 1e6 ? digits(us / 1e3) + " ms" : digits(us / 1e6) + " s";
  const seconds = (s) => micros(s * 1e6);
  const rate = (n) => n == null ? "–" : n < 100 ? String(Math.round(n * 100) / 100) : group(n);
  const bytes = (n) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
    return (unit === 0 ? group(n) : digits(n)) + " " + units[unit];
  };
  const percent = (fraction) => String(Math.round(fraction * 1e5) / 1e3) + " %";
  // Axis labels: as short as the number allows.
  const axisMicros = (us) => us < 1e3 ? +us.toPrecision(3) + " µs" : us < 1e6 ? +(us / 1e3).toPrecision(3) + " ms" : +(us / 1e6).toPrecision(3) + " s";
  const axisRate = (n) => n >= 1e6 ? +(n / 1e6).toPrecision(3) + "M" : n >= 1e4 ? +(n / 1e3).toPrecision(3) + "k" : group(n);

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text != null) node.textContent = text;
    return node;
  }

  function header() {
    const o = run.options;
    const target = o.targets.length === 1 ? o.targets[0].url : o.targets.length + " targets";
    const loop = o.loop === "open" ? "open loop at " + rate(o.rate) + " per second" : "closed loop";
    const churn = o.requestsPerConnection === 1 ? ", a new connection for each request" : o.requestsPerConnection > 1 ? ", " + o.requestsPerConnection + " requests per connection" : "";
    document.title = o.method + " " + target;
    document.getElementById("title").textContent = o.method + " " + target;
    document.getElementById("subtitle").textContent =
      group(o.connections) + " connections" + churn + ", " + o.threads + (o.threads === 1 ? " thread" : " threads") + ", " + loop + ", " + seconds(run.seconds) + ", " + run.started.replace("T", " ").replace(/\.\d+Z/, " UTC");
    document.getElementById("latency-note").textContent = o.loop === "open"
      ? "Counted from the moment a request was meant to start: a stall counts for every request that fell into it."
      : "Counted from sending a request. A closed loop sends less while the target stalls; use --rate to see what clients would.";
    document.getElementById("footer").textContent = run.tool + " " + run.version;
  }

  function notices() {
    const all = document.getElementById("notices");
    const say = (text) => all.append(element("div", "notice", text));
    if (run.interrupted) say("The run was interrupted; this is what was measured until then.");
    if (run.unsent > 0) say(group(run.unsent) + " requests of the schedule found no free connection until the end: the target does not keep up with " + rate(run.options.rate) + " per second.");
    if (run.errors.http.malformed > 0) say(group(run.errors.http.malformed) + " answers broke HTTP/1.1; the figures are not to be trusted.");
    if (run.requests === 0) say("Nothing answered.");
  }

  function tiles() {
    const all = document.getElementById("tiles");
    const tile = (label, value, more, bad) => {
      const node = element("div", bad ? "tile bad" : "tile");
      node.append(element("div", "label", label), element("div", "value", value), element("div", "more", more));
      all.append(node);
    };
    tile("Requests per second", rate(run.rate), group(run.requests) + " in all");
    tile("p50", micros(run.latency.p50), "mean " + micros(run.latency.mean));
    tile("p99", micros(run.latency.p99), "p90 " + micros(run.latency.p90));
    tile("p99.9", micros(run.latency["p99.9"]), "p99.99 " + micros(run.latency["p99.99"]));
    tile("Max", micros(run.latency.max), "min " + micros(run.latency.min));
    tile("Errors", group(run.errors.total), percent(run.errors.rate) + " of requests", run.errors.total > 0);
    for (const process of run.watched) {
      tile(process.name + ": CPU per request", micros(process.cpuPerRequestMicros), bytes(process.rssPeakBytes) + " at most");
    }
  }

  function table(title, rows, wide) {
    if (rows.length === 0) return;
    const card = element("div", wide ? "table wide" : "table");
    const body = element("table");
    card.append(element("h2", "", title), body);
    for (const cells of rows) {
      const line = element("tr");
      cells.forEach((cell, i) => line.append(element(i === 0 || cells.head ? "th" : "td", "", cell)));
      body.append(line);
    }
    document.getElementById("tables").append(card);
  }

  function tables() {
    const l = run.latency;
    table("Latency", ["min", "mean", "stdev", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "p99.999", "max"].map((name) => [name, micros(l[name])]));
    const o = run.options;
    const options = o.targets.map((t) => [t.weight === 1 ? "target" : "target, weight " + t.weight, t.url]);
    options.push(["received", bytes(run.bytes)], ["warm-up", o.warmupSeconds ? seconds(o.warmupSeconds) : "none"], ["timeout", seconds(o.timeoutSeconds)]);
    if (o.bodyBytes) options.push(["request body", bytes(o.bodyBytes) + (o.chunked ? ", chunked" : "")]);
    if (o.clientCertificates) options.push(["client certificates", o.clientCertificates + (o.rotateCertificates ? ", in rotation" : "")]);
    if (run.connections.opened) options.push(["connections opened", group(run.connections.opened) + ", ready in p50 " + micros(run.connections.latency.p50) + ", p99 " + micros(run.connections.latency.p99)]);
    options.push(["this tool's CPU", seconds(run.self.cpuSeconds) + ", " + micros(run.self.cpuPerRequestMicros) + " per request"]);
    table("Run", options);
    table("Statuses", Object.entries(run.statuses).map(([status, count]) => [status, group(count)]));
    table("Errors", run.errors.reasons.map((r) => [r.kind + ": " + r.text, group(r.count)]));
    if (run.watched.length) {
      const head = ["process", "CPU", "of a core", "per request", "memory at most", "memory at last"];
      head.head = true;
      table("Processes", [head].concat(run.watched.map((p) => [
        p.name + " (" + p.pid + ")" + (p.gone ? ", ended meanwhile" : ""), seconds(p.cpuSeconds), percent(run.seconds ? p.cpuSeconds / run.seconds : 0),
        micros(p.cpuPerRequestMicros), bytes(p.rssPeakBytes), bytes(p.rssLastBytes)])), true);
    }
  }

  // ---- plots

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = (more) => Object.assign({
    stroke: () => css("--muted"), font: "12px system-ui, sans-serif",
    grid: { stroke: () => css("--grid"), width: 1 }, ticks: { stroke: () => css("--axis"), width: 1, size: 5 },
  }, more);
  const line = (label, color, value, more) => Object.assign({
    label, stroke: () => css(color), width: 2, value: (_, v) => v == null ? "–" : value(v), points: { show: run.intervals.length < 40, size: 5, stroke: () => css(color), fill: () => css("--card") },
  }, more);

  function plot(id, options, data) {
    const place = document.getElementById(id);
    const size = () => ({ width: place.clientWidth, height: 280 });
    const u = new uPlot(Object.assign(size(), { cursor: { y: false, drag: { x: true, y: false } }, legend: { live: true } }, options), data, place);
    plots.push({ u, size });
  }

  const hide = (...ids) => ids.forEach((id) => { document.getElementById(id).parentElement.hidden = true; });

  // Room between the lines and the frame; a flat line is in the middle.
  const fromZero = (_, min, max) => [0, max > 0 ? max * 1.12 : 1];
  const logRange = (_, min, max) => [Math.pow(10, Math.floor(Math.log10(Math.max(min, 0.1)) * 4) / 4) * 0.9, Math.pow(10, Math.ceil(Math.log10(Math.max(max, 1)) * 4) / 4) * 1.05];

  // Marks of a logarithmic axis at 1, 2, 5 of each decade; wider when there are many decades.
  function logSplits(_, __, min, max) {
    const steps = max / min > 1e4 ? [1] : max / min > 300 ? [1, 3] : [1, 2, 5];
    const splits = [];
    for (let decade = Math.pow(10, Math.floor(Math.log10(min))); decade <= max; decade *= 10) {
      for (const step of steps) {
        if (decade * step >= min && decade * step <= max) splits.push(decade * step);
      }
    }
    return splits;
  }

  const latencyScale = () => ({ distr: 3, log: 10, range: logRange });
  const latencyAxis = () => axis({ scale: "y", size: 66, splits: logSplits, filter: (_, s) => s, values: (_, s) => s.map(axisMicros) });

  // The horizontal axis has a decade per nine: 90 %, 99 %, 99.9 % stand equally far apart, because that is where the interesting part is.
  function byPercentile() {
    const curve = run.histogram.curve.filter(([p]) => p > 0);
    if (curve.length === 0) return hide("by-percentile");
    const position = (p, last) => p < 100 ? 1 / (1 - p / 100) : Math.max(last * 1.5, run.requests);
    const xs = [], ys = [];
    for (const [p, us] of curve) {
      const x = position(p, xs.length ? xs[xs.length - 1] : 1);
      if (xs.length && x <= xs[xs.length - 1]) { ys[ys.length - 1] = us; continue; }
      xs.push(x); ys.push(us);
    }
    const name = (x) => {
      if (x < 1.0001) return "0 %";
      const nines = Math.max(0, Math.round(Math.log10(x)) - 2);
      return (100 * (1 - 1 / x)).toFixed(nines) + " %";
    };
    plot("by-percentile", {
      scales: { x: { time: false, distr: 3, log: 10, range: (_, min, max) => [1, max] }, y: latencyScale() },
      axes: [axis({ size: 32, values: (_, s) => s.map((x) => Math.abs(Math.log10(x) % 1) < 1e-6 ? name(x) : x === 2 ? "50 %" : x === 4 ? "75 %" : ""), filter: (_, s) => s, splits: (u, __, min, max) => (u.width < 640 ? [1] : [1, 2, 4]).concat([1, 2, 3, 4, 5, 6, 7, 8].map((n) => Math.pow(10, n))).filter((x) => x <= max) }), latencyAxis()],
      series: [{ label: "percentile", value: (_, x) => x == null ? "–" : x >= xs[xs.length - 1] ? "max" : +(100 * (1 - 1 / x)).toFixed(5) + " %" },
        line("latency", "--first", micros, { fill: () => css("--first-fill"), points: { show: false } })],
    }, [xs, ys]);
  }

  function overTime() {
    const slots = run.intervals;
    if (slots.length === 0) return hide("rate", "over-time");
    const ts = slots.map((s) => s.t);
    const time = { time: false, range: (_, min, max) => min === max ? [0, max] : [Math.max(0, min - slots[0].seconds), max] };
    const x = axis({ size: 32, values: (_, s) => s.map((t) => +t.toFixed(3) + " s") });
    const label = { label: "time", value: (_, t) => t == null ? "–" : t.toFixed(2) + " s" };
    const withErrors = run.errors.total > 0;
    const errors = slots.map((s) => s.errors / s.seconds);
    plot("rate", {
      scales: { x: time, y: { range: fromZero } },
      axes: [x, axis({ size: 66, values: (_, s) => s.map(axisRate) })],
      series: [label, line("requests per second", "--first", rate, { fill: () => css("--first-fill") })].concat(withErrors ? [line("errors per second", "--bad", rate)] : []),
    }, [ts, slots.map((s) => s.rate)].concat(withErrors ? [errors] : []));

    const known = (name) => slots.map((s) => s.requests ? s[name] : null);
    plot("over-time", {
      scales: { x: time, y: latencyScale() },
      axes: [x, latencyAxis()],
      series: [label, line("p50", "--first", micros), line("p99", "--second", micros), line("max", "--third", micros, { width: 1, dash: [4, 3] })],
    }, [ts, known("p50"), known("p99"), known("max")]);
  }

  header();
  notices();
  tiles();
  byPercentile();
  overTime();
  tables();

  new ResizeObserver(() => plots.forEach(({ u, size }) => u.setSize(size()))).observe(document.querySelector("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach(({ u }) => u.redraw(false, true)));
}());
