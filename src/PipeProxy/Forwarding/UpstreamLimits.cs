using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>What an origin is known to refuse, refused here with an answer that says so.</summary>
internal static class UpstreamLimits
{
    // SP HTTP/1.1 CRLF
    private const int RequestLineEnd = 11;

    /// <summary>Which of its bounds the request breaks; null when none. The target to be sent is in <see cref="Exchange.Scratch"/>.</summary>
    public static Failure? Broken(Exchange exchange, UpstreamTarget target)
    {
        var limits = target.Config.Limits;
        var request = exchange.Request;
        var line = request.MethodSpan.Length + 1 + exchange.Scratch.WrittenCount + RequestLineEnd;
        if (line > limits.RequestLine)
        {
            return Describe(Outcome.RequestLineTooLong, "The request line for", target, line, limits.RequestLine.Value, "requestLine");
        }

        var fields = request.Fields;
        var all = fields.Count == 0 ? 0 : request.Length - fields[0].Name.Start - 2;
        if (all > limits.Fields)
        {
            return Describe(Outcome.FieldsTooLarge, "All fields for", target, all, limits.Fields.Value, "fields");
        }

        // The parser has seen to it that no line is above the proxy's own bound.
        return limits.Field < exchange.Settings.HeadLimits.Field ? FindLongField(fields, target, limits.Field.Value) : null;
    }

    /// <summary>Bounds of response heads: the proxy's own, or the origin's where those are narrower.</summary>
    public static HeadLimits OfResponse(Exchange exchange, UpstreamTarget target)
    {
        var own = exchange.Settings.ResponseLimits;
        return target.Config.Limits.ResponseHead is { } max && max < own.Fields
            ? own with { RequestLine = Math.Min(own.RequestLine, max), Field = Math.Min(own.Field, max), Fields = max }
            : own;
    }

    private static Failure? FindLongField(FieldTable fields, UpstreamTarget target, int max)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var length = fields[i].Value.End + 2 - fields[i].Name.Start;
            if (length > max)
            {
                return Describe(Outcome.FieldsTooLarge, "One field for", target, length, max, "field");
            }
        }

        return null;
    }

    private static Failure Describe(Outcome outcome, string what, UpstreamTarget target, int length, int max, string setting)
    {
        var origin = $"{target.Scheme}://{target.Host}:{target.Port}";
        return new Failure(outcome, $"{what} {origin} has {length} bytes; this origin is sent at most {max}.", $"Send less, or raise limits.{setting} of this upstream.");
    }
}
