using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Routing;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>The answer of a <c>redirectHandler</c> route.</summary>
internal static class RedirectAnswer
{
    /// <summary>Writes a redirect without a body (RFC 9110 section 15.4); the caller flushes.</summary>
    /// <returns>False: what the path captured makes no valid location.</returns>
    public static bool TryWrite(Exchange exchange, RouteHandlerConfig.Redirect redirect, in RouteMatch match, CorsPolicy? policy)
    {
        var location = exchange.Scratch;
        location.ResetWrittenCount();
        if (!match.Route.Target!.TryWriteTarget(Facts.Of(exchange), match, location))
        {
            return false;
        }

        exchange.Begin(redirect.Status, Outcome.Answered);
        var writer = new Http1Writer(exchange.Output);
        writer.WriteStatusLine(redirect.Status, ReasonOf(redirect.Status));
        writer.WriteField("Location"u8, location.WrittenSpan);
        policy?.WriteFields(ref writer, exchange.Request);
        writer.Write("Content-Length: 0\r\n"u8);
        exchange.WriteConnectionField(ref writer);
        writer.WriteLineEnd();
        writer.Commit();
        return true;
    }

    private static ReadOnlySpan<byte> ReasonOf(int status) => status switch
    {
        301 => "Moved Permanently"u8,
        303 => "See Other"u8,
        307 => "Temporary Redirect"u8,
        308 => "Permanent Redirect"u8,
        _ => "Found"u8,
    };
}
