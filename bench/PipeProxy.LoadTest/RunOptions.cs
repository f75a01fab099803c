using System.CommandLine;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>The options that make a <see cref="LoadPlan"/>.</summary>
internal sealed class RunOptions
{
    // Each interval costs the loops a moment in which they hand over: some of 100 us were mostly that.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(10);

    // Far beyond what one machine opens, and what they and the loops take of memory is still there.
    internal const int MostConnections = 1_000_000;
    private const int MostThreads = 1024;

    private readonly Argument<Target[]> _urls = new("URL")
    {
        Description = "What to ask for: URL, or URL=WEIGHT among several.",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = static result => Values.Read<Target>(result, Target.TryParse),
    };

    private readonly Option<Target[]> _targets = new("--target") { Description = "The same as an option, 'URL WEIGHT'. Repeatable.", HelpName = "URL", CustomParser = static result => Values.Read<Target>(result, Target.TryParse) };
    private readonly Option<int?> _connections = Amounts.Whole("--connections", "Connections, each one client. Default 64.", "-c", MostConnections);
    private readonly Option<int?> _threads = Amounts.Whole("--threads", "Event loops, each one thread. Default 1: one drives tens of thousands of requests per second.", "-t", MostThreads);
    private readonly Option<TimeSpan?> _duration = Amounts.Time("--duration", "How long to measure. Default 10s, or without end with --requests.", "-d");
    private readonly Option<long?> _requests = Amounts.Count("--requests", "Send and measure so many requests: answers and errors together are as many.", "-n");
    private readonly Option<double?> _rate = Amounts.Rate("--rate", "Open loop: so many requests per second, each at a moment fixed beforehand; latency counts from that moment.");
    private readonly Option<TimeSpan?> _warmup = Amounts.Time("--warmup", "Load that is not measured, before. Default none.", zero: true);
    private readonly Option<TimeSpan?> _timeout = Amounts.Time("--timeout", "Bound on a connect, a handshake, and a request until its whole answer. Default 10s.");
    private readonly Option<TimeSpan?> _interval = Amounts.Time("--interval", "Length of the intervals in the result, from 10ms. Default 1s.");
    private readonly Option<bool> _noKeepAlive = new("--no-keepalive") { Description = "A new connection for each request." };
    private readonly Option<int?> _perConnection = Amounts.Whole("--requests-per-connection", "A new connection after so many requests. Default: it is kept.");
    private readonly RequestOptions _request = new();

    internal void AddTo(Command command)
    {
        command.Arguments.Add(_urls);
        foreach (var option in (Option[])
        [
            _targets, _connections, _duration, _requests, _rate, _warmup, _threads, _timeout, _interval, _noKeepAlive, _perConnection, .. _request.All,
        ])
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">Options do not go together.</exception>
    /// <exception cref="LoadException">A file cannot be used.</exception>
    internal LoadPlan Read(ParseResult parsed)
    {
        Check(parsed);
        var requests = parsed.GetValue(_requests);
        var connections = parsed.GetValue(_connections) ?? 64;
        var threads = Math.Min(parsed.GetValue(_threads) ?? 1, connections);
        Descriptors.Check(connections, threads);
        return new LoadPlan
        {
            Targets = [.. parsed.GetValue(_urls) ?? [], .. parsed.GetValue(_targets) ?? []],
            Request = _request.ReadRequest(parsed),
            Tls = _request.ReadTls(parsed),
            Connections = connections,
            Threads = threads,
            Duration = parsed.GetValue(_duration) ?? (requests is null ? TimeSpan.FromSeconds(10) : null),
            Requests = requests,
            Rate = parsed.GetValue(_rate),
            Warmup = parsed.GetValue(_warmup) ?? TimeSpan.Zero,
            RequestsPerConnection = parsed.GetValue(_noKeepAlive) ? 1 : parsed.GetValue(_perConnection) ?? 0,
            Timeout = parsed.GetValue(_timeout) ?? TimeSpan.FromSeconds(10),
            Interval = parsed.GetValue(_interval) ?? TimeSpan.FromSeconds(1),
        };
    }

    /// <summary>See <see cref="RequestOptions.Warn"/>.</summary>
    internal void Warn(ParseResult parsed) => _request.Warn(parsed, TargetsOf(parsed));

    private Target[] TargetsOf(ParseResult parsed) => [.. parsed.GetValue(_urls) ?? [], .. parsed.GetValue(_targets) ?? []];

    // What single options cannot say. After parsing, because an option that was refused has no value to look at.
    private void Check(ParseResult parsed)
    {
        var wrong = new List<string>();
        if (TargetsOf(parsed).Length == 0)
        {
            wrong.Add("A URL to ask for is missing.");
        }

        if (parsed.GetValue(_noKeepAlive) && parsed.GetValue(_perConnection) is not null)
        {
            wrong.Add("--no-keepalive and --requests-per-connection exclude each other.");
        }

        if (parsed.GetValue(_interval) is { } interval && interval < ShortestInterval)
        {
            wrong.Add(Text.Invariant($"--interval takes a time from {ShortestInterval.TotalMilliseconds}ms (currently {interval.TotalMilliseconds:0.###}ms)."));
        }

        _request.Check(parsed, wrong);
        if (wrong.Count > 0)
        {
            throw new UsageException(wrong);
        }
    }
}
