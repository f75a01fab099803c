using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PipeProxy.Telemetry;

/// <summary>The histogram <c>http.server.request.duration</c> of OpenTelemetry's semantic conventions, with their buckets.</summary>
/// <remarks>
/// A histogram has no observable form in .NET, so buckets kept per loop could reach a listener only as counters of a name of our own.
/// This one is recorded where a listener asked for it and costs one read of a flag where none did. Tags are values that exist already:
/// names, known methods, and statuses boxed once.
/// </remarks>
internal sealed class RequestDurations
{
    private static readonly object[] Statuses = [.. Enumerable.Range(0, 1000).Select(static status => (object)status)];
    private static readonly string[] ServerErrors = [.. Enumerable.Range(500, 100).Select(static status => $"{status}")];

    private readonly Histogram<double> _histogram;

    public RequestDurations(Meter meter)
        => _histogram = meter.CreateHistogram(
            "http.server.request.duration",
            "s",
            "Duration of requests, from the head to the end of the answer.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    /// <summary>Somebody listens.</summary>
    public bool Enabled => _histogram.Enabled;

    /// <summary>Records one request.</summary>
    /// <param name="seconds">How long it took.</param>
    /// <param name="method">As sent; one that RFC 9110 and RFC 5789 do not know counts as <c>_OTHER</c>.</param>
    /// <param name="secure">The client came over TLS.</param>
    /// <param name="status">Status sent; 0 when none was.</param>
    /// <param name="route">Name of the route; null when none took it.</param>
    /// <param name="outcome">How it ended; the tag <c>error.type</c> when it failed.</param>
    public void Record(double seconds, ReadOnlySpan<byte> method, bool secure, int status, string? route, Outcome outcome)
    {
        if (_histogram.Enabled)
        {
            RecordCore(seconds, method, secure, status, route, outcome);
        }
    }

    private void RecordCore(double seconds, ReadOnlySpan<byte> method, bool secure, int status, string? route, Outcome outcome)
    {
        var tags = new TagList
        {
            { "http.request.method", NameOf(method) },
            { "url.scheme", secure ? "https" : "http" },
        };
        if (status is > 0 and < 1000)
        {
            tags.Add("http.response.status_code", Statuses[status]);
        }

        if (route is not null)
        {
            tags.Add("http.route", route);
        }

        if (outcome.Side != OutcomeSide.None)
        {
            tags.Add("error.type", outcome.Name);
        }
        else if (status is >= 500 and < 600)
        {
            // The origin's own error, passed on: the conventions ask for the status as a string.
            tags.Add("error.type", ServerErrors[status - 500]);
        }

        _histogram.Record(seconds, in tags);
    }

    private static string NameOf(ReadOnlySpan<byte> method) => method switch
    {
        _ when method.SequenceEqual("GET"u8) => "GET",
        _ when method.SequenceEqual("POST"u8) => "POST",
        _ when method.SequenceEqual("PUT"u8) => "PUT",
        _ when method.SequenceEqual("DELETE"u8) => "DELETE",
        _ when method.SequenceEqual("HEAD"u8) => "HEAD",
        _ when method.SequenceEqual("PATCH"u8) => "PATCH",
        _ when method.SequenceEqual("OPTIONS"u8) => "OPTIONS",
        _ when method.SequenceEqual("CONNECT"u8) => "CONNECT",
        _ when method.SequenceEqual("TRACE"u8) => "TRACE",
        _ => "_OTHER",
    };
}
