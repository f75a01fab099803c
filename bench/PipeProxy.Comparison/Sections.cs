using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>Every kind of measurement that run-bench.sh makes, in the order of the report.</summary>
internal static class Sections
{
    private const string PipeProxy = "pipeproxy";

    private static readonly Figure CpuPerRequest = new("cpuMicrosecondsPerRequest", "CPU per request, us", static round => round["cpuSeconds"] / round["requests"] * 1e6);
    private static readonly Figure RequestsPerSecond = new("requestsPerSecond", "requests per second", static round => round["rate"], "0");
    private static readonly Figure Core = new("corePercent", "core, %", static round => round["cpuSeconds"] / round["requests"] * round["rate"] * 100, "0");
    private static readonly Figure RequestsPerCpuSecond = new("requestsPerCpuSecond", "requests per CPU second", static round => round["requests"] / round["cpuSeconds"], "0");
    private static readonly Figure Percentile50 = new("p50Microseconds", "p50, us", static round => round["p50"], "0");
    private static readonly Figure Percentile99 = new("p99Microseconds", "p99, us", static round => round["p99"], "0");
    private static readonly Figure Percentile999 = new("p99.9Microseconds", "p99.9, us", static round => round["p99.9"], "0");

    private static readonly IReadOnlyDictionary<string, string> Listeners = new Dictionary<string, string>
    {
        ["plain"] = "plain listener, access log off",
        ["tls"] = "TLS listener, access log off",
        ["plain-log"] = "plain listener, access log on",
        ["tls-log"] = "TLS listener, access log on",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Section> All { get; } =
    [
        new("floor", "A/A: nginx against itself", "Two processes of nginx with the same configuration. What differs here is noise, and no smaller difference below means anything.", "nginx", CpuPerRequest, [CpuPerRequest, RequestsPerSecond, Core])
        {
            Cases = Listeners,
        },
        new("cpu", "CPU per request and requests per second", "Keep-alive clients ask for 1 KiB as fast as they are answered. User and system time of the proxy's process over the round, divided by the requests. Requests per second are the proxy's own limit only where its core is near 100 %; requests per CPU second are what a whole core would serve.", PipeProxy, CpuPerRequest, [CpuPerRequest, RequestsPerSecond, Core, RequestsPerCpuSecond])
        {
            Cases = Listeners,
            HasBar = true,
        },
        new("latency", "Latency at a fixed rate", "Requests arrive at half of nginx's greatest rate, whether earlier ones were answered or not, and count from the time at which they should have gone out. A proxy that cannot keep the rate shows it here. Ratios are of p99.", PipeProxy, Percentile99, [Percentile50, Percentile99, Percentile999, RequestsPerSecond])
        {
            Cases = Listeners,
            HasBar = true,
        },
        new("large", "Large bodies", "Answers of 1 MiB, 8 clients.", PipeProxy, CpuPerMebibyte(), [CpuPerMebibyte(), new("mebibytesPerSecond", "MiB per second", static round => round["rate"], "0"), Core])
        {
            Cases = Listeners,
            HasBar = true,
        },
        new("connections", "New mTLS connections to the origin", "The origin ends the connection after every answer, so that each request pays for a full handshake under the client certificate (TLS 1.3, P-256). A request's own cost is in it.", PipeProxy, CpuPerConnection(), [new("connectionsPerCpuSecond", "connections per CPU second", static round => round["requests"] / round["cpuSeconds"], "0"), CpuPerConnection(), new("connectionsPerSecond", "connections per second", static round => round["rate"], "0")])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
            HasBar = true,
        },
        new("storm", "A storm of handshakes", "While keep-alive clients ask at a fixed rate, a crowd of others asks at once, each for a new mTLS connection to the origin. Latencies are of the clients, of requests that were due from the storm's first request to its last answer. Loop lag is PipeProxy's own gauge pipeproxy.loop.lag, how long an event waits at most: its 99th percentile of the usual and of the worst tenth of a second of the storm. Ratios are of p99.", PipeProxy, Milliseconds("p99"), [Milliseconds("p50"), Milliseconds("p99"), Milliseconds("p99.9"), new("stormMilliseconds", "storm, ms", static round => round["stormSeconds"] * 1e3, "0"), new("loopLagP99Milliseconds", "loop lag p99, ms", static round => round["loopLag"] / 1e3, "0.00"), new("worstLoopLagP99Milliseconds", "worst, ms", static round => round["loopLagWorst"] / 1e3, "0.00")])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
            HasBar = true,
        },
        new("slowloris", "Slow clients", "Keep-alive clients ask at a fixed rate; one of two processes of PipeProxy has thousands of further connections meanwhile, each of which sends a head a byte a second, is refused with 408 when timeouts.requestHead has passed, and comes again. Ratios are of p99.", "calm", Percentile99, [Percentile50, Percentile99, Percentile999, RequestsPerSecond, CpuPerRequest])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
        },
        new("idle", "Memory per idle client", "Resident memory with so many idle keep-alive clients, each after one request, less that without them, over their number; of .NET processes after a full collection both times. nginx has most of a plain connection's memory before it comes: it allocates for as many as it is told to expect.", PipeProxy, BytesPerClient(), [BytesPerClient(), new("clients", "clients", static round => round["clients"], "0"), new("residentMebibytesBefore", "MiB without them", static round => round["beforeKib"] / 1024), new("residentMebibytesAfter", "MiB with them", static round => round["afterKib"] / 1024)])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener", ["tls"] = "TLS listener" },
        },
        new("loops", "One event loop and two", "PipeProxy alone, at the rate of the latency measurement and with all cores to run on, beside the load generator and the origin. nginx and HAProxy stand below in the same way.", "--loops 1", CpuPerRequest, [CpuPerRequest, Percentile50, Percentile99, RequestsPerSecond])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
        },
        new("workers", "One worker process of nginx and two", "As above, with a listening socket for each worker (reuseport).", "1 worker", CpuPerRequest, [CpuPerRequest, Percentile50, Percentile99, RequestsPerSecond])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
        },
        new("threads", "One thread of HAProxy and two", "As above.", "1 thread", CpuPerRequest, [CpuPerRequest, Percentile50, Percentile99, RequestsPerSecond])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
        },
        new("scale", "One route, and 10 000 routes with 1 000 certificates", "PipeProxy alone, the same request; with many routes it takes the last one.", "one route", CpuPerRequest, [CpuPerRequest, RequestsPerSecond])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "plain listener" },
        },
        new("syscalls", "System calls per request", "Of all threads of the process, counted by the kernel while the load runs.", PipeProxy, null, [new("syscallsPerRequest", "system calls", static round => round["syscalls"] / round["requests"], "0.00"), RequestsPerSecond])
        {
            Cases = new Dictionary<string, string> { ["one"] = "one client", ["many"] = "under load" },
            Remark = MostCalled,
        },
        new("builds", "Builds of the binary: CPU per request", "The default build needs the .NET runtime, which compiles code as it runs and again, better, where it runs often. ReadyToRun brings compiled code for the start; native AOT brings everything, and nothing improves as it runs.", "default", CpuPerRequest, [CpuPerRequest, RequestsPerSecond, Core])
        {
            Cases = Listeners,
        },
        new("startup", "Builds of the binary: start, memory and size", "From the command to the ready line, on one core; resident memory then, and of the process under load.", "default", StartMilliseconds(), [StartMilliseconds(), new("residentMebibytesAtStart", "MiB at start", static round => round["startKib"] / 1024), new("residentMebibytesUnderLoad", "MiB under load", static round => round["loadedKib"] / 1024), new("mebibytesOnDisk", "MiB on disk", static round => round["diskKib"] / 1024)])
        {
            Cases = new Dictionary<string, string> { ["plain"] = "a plain and a TLS listener" },
        },
    ];

    private static Figure Milliseconds(string percentile) => new($"{percentile}Milliseconds", $"{percentile}, ms", round => round[percentile] / 1e3);

    private static Figure CpuPerMebibyte() => new("cpuMillisecondsPerMebibyte", "CPU per MiB, ms", static round => round["cpuSeconds"] / round["requests"] * 1e3, "0.000");

    private static Figure CpuPerConnection() => new("cpuMicrosecondsPerConnection", "CPU per connection, us", static round => round["cpuSeconds"] / round["requests"] * 1e6, "0");

    private static Figure StartMilliseconds() => new("startMilliseconds", "start-up, ms", static round => round["startMilliseconds"], "0");

    private static Figure BytesPerClient() =>
        new("residentKibibytesPerClient", "KiB per client", static round => (round["afterKib"] - round["beforeKib"]) / round["clients"], "0.00");

    // Of the first good round; the shell writes "call.NAME=COUNT" for each.
    private static string MostCalled(IReadOnlyList<Round> rounds) => rounds.Count == 0 ? "" : string.Join(", ",
        from call in rounds[0].Values
        where call.Key.StartsWith("call.", StringComparison.Ordinal) && call.Value / rounds[0]["requests"] >= 0.1
        orderby call.Value descending
        select string.Create(CultureInfo.InvariantCulture, $"{call.Key[5..]} {call.Value / rounds[0]["requests"]:0.0}"));
}
