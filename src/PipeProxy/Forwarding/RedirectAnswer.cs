using System.Buffers;
using System.Globalization;
using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>The answer of a <c>redirectHandler</c> route.</summary>
internal static class RedirectAnswer
{
    /// <summary>Writes a redirect without a body (RFC 9110 section 15.4); the caller flushes.</summary>
    public static void Write(Exchange exchange, RouteHandlerConfig.Redirect redirect)
    {
        exchange.CloseAfter |= exchange.BodyPending;
        exchange.AnswerStarted = true;
        exchange.Status = redirect.Status;
        exchange.Outcome = Outcome.Answered;
        var connection = exchange.CloseAfter ? "Connection: close\r\n" : exchange.Request.MinorVersion == 0 ? "Connection: keep-alive\r\n" : "";
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {redirect.Status} {ReasonOf(redirect.Status)}\r\nDate: {DateTime.UtcNow:R}\r\nLocation: {redirect.Location}\r\nContent-Length: 0\r\n{connection}\r\n");
        exchange.Output.Write(Encoding.ASCII.GetBytes(head));
    }

    private static string ReasonOf(int status) => status switch
    {
        301 => "Moved Permanently",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        _ => "Found",
    };
}
