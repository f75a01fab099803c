using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PipeProxy.Configuration;
using PipeProxy.Http1;
using PipeProxy.Telemetry;

namespace PipeProxy.Connections;

/// <summary>The proxy's own answers: a problem document (RFC 9457) and Proxy-Status (RFC 9209).</summary>
/// <remarks>Made on failure only, so it may allocate. In a generic answer cause and next step stay in the log.</remarks>
internal static class ProblemAnswer
{
    /// <summary>Writes the whole answer; the caller flushes.</summary>
    public static void Write(Exchange exchange, Failure failure)
    {
        var status = StatusOf(failure.Outcome, exchange.Settings.StatusProfile);
        var tells = exchange.Settings.TellsClients || failure.Outcome.Side == OutcomeSide.Client;

        // Whatever is left of the request cannot be told from the next one, or is not worth reading.
        exchange.CloseAfter |= failure.Outcome.Side == OutcomeSide.Client && failure.Outcome != Outcome.NoRoute;
        exchange.Begin(status, failure.Outcome);

        var body = BodyOf(exchange, failure, status, tells);
        var head = new StringBuilder(512)
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonOf(status)}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Date: {exchange.UtcNow:R}\r\n")
            .Append("Content-Type: application/problem+json\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Length: {body.WrittenCount}\r\n")
            .Append("Cache-Control: no-store\r\n")
            .Append("Proxy-Status: ").Append(ProxyStatusOf(failure, tells)).Append("\r\n")
            .Append(CultureInfo.InvariantCulture, $"X-Request-Id: {Encoding.ASCII.GetString(exchange.RequestId)}\r\n");
        if (failure.RetryAfter is { } retryAfter)
        {
            head.Append(CultureInfo.InvariantCulture, $"Retry-After: {Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds))}\r\n");
        }

        if (failure.Outcome == Outcome.MethodNotServed)
        {
            head.Append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n");
        }

        if (exchange.CloseAfter)
        {
            head.Append("Connection: close\r\n");
        }
        else if (exchange.Request.MinorVersion == 0)
        {
            head.Append("Connection: keep-alive\r\n");
        }

        head.Append("\r\n");
        exchange.Output.Write(Encoding.ASCII.GetBytes(head.ToString()));
        if (!exchange.HasHead || exchange.Request.Method != HttpMethodKind.Head)
        {
            exchange.Output.Write(body.WrittenSpan);
            exchange.OwnBodyBytes = body.WrittenCount;
        }
    }

    // In production a client learns whose side it was on and whether to try again, not why.
    private static string Generic(Outcome outcome) => outcome.Stage switch
    {
        OutcomeStage.ResponseHead or OutcomeStage.ResponseBody => "The origin's answer could not be used. The proxy's log says why, under this request id.",
        OutcomeStage.Limit => "The proxy cannot take this request now. Try again later; the proxy's log says why, under this request id.",
        _ when outcome == Outcome.ResponseTimeout => "The origin did not answer in time. The proxy's log says more, under this request id.",
        OutcomeStage.Route when outcome != Outcome.InternalError => "The proxy could not serve this request. Its log says why, under this request id.",
        _ when outcome == Outcome.InternalError => "The proxy failed. Its log says why, under this request id.",
        _ => "The origin could not be reached. The proxy's log says why, under this request id.",
    };

    /// <summary>The status that <paramref name="outcome"/> becomes under <paramref name="profile"/>.</summary>
    public static int StatusOf(Outcome outcome, StatusProfile profile)
    {
        if (outcome.Status != 522 || profile == StatusProfile.Zuplo)
        {
            return outcome.Status;
        }

        if (profile == StatusProfile.Cloudflare)
        {
            return outcome == Outcome.TlsCertificateError ? 526
                : outcome.Stage == OutcomeStage.Tls ? 525
                : outcome == Outcome.ConnectionTerminated ? 520
                : 522;
        }

        // RFC 9209 section 2.3 recommends a status with each error type.
        return outcome == Outcome.CertificateUnusable || outcome == Outcome.CertificateNotRequested ? 500
            : outcome == Outcome.ConnectionTimeout || outcome == Outcome.HandshakeTimeout || outcome == Outcome.DnsTimeout ? 504
            : 502;
    }

    /// <summary>The reason phrase; 522 has one of its own, which no registry knows.</summary>
    public static string ReasonOf(int status) => status switch
    {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        520 => "Unknown Origin Error",
        522 => "Origin Connection Failed",
        525 => "TLS Handshake Failed",
        526 => "Invalid Origin Certificate",
        _ => "Error",
    };

    private static string ProxyStatusOf(Failure failure, bool tells)
    {
        var value = new StringBuilder("pipeproxy; error=").Append(failure.Outcome.Error);
        if (!tells)
        {
            return value.ToString();
        }

        if (failure.Alert is { } alert)
        {
            value.Append(CultureInfo.InvariantCulture, $"; alert-id={alert}; alert-message=\"{TlsAlerts.NameOf(alert)}\"");
        }

        return value.Append("; details=\"").Append(Quotable(failure.Detail)).Append('"').ToString();
    }

    // An sf-string (RFC 8941 section 3.3.3) holds printable ASCII, with quote and backslash escaped.
    private static string Quotable(string text)
    {
        var value = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                value.Append('\\');
            }

            value.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return value.ToString();
    }

    private static ArrayBufferWriter<byte> BodyOf(Exchange exchange, Failure failure, int status, bool tells)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("type"u8, "urn:pipeproxy:" + failure.Outcome.Error);
        json.WriteString("title"u8, tells ? failure.Outcome.Title : ReasonOf(status));
        json.WriteNumber("status"u8, status);
        json.WriteString("instance"u8, "urn:request:" + Encoding.ASCII.GetString(exchange.RequestId));
        json.WriteString("requestId"u8, exchange.RequestId);
        json.WriteString("detail"u8, tells ? failure.Detail : Generic(failure.Outcome));
        if (tells && failure.Handshake is { } handshake)
        {
            json.WriteString("handshake"u8, handshake);
        }

        json.WriteString("next"u8, tells ? failure.Next : "Give the request id to whoever runs this proxy: its log says why.");
        json.WriteEndObject();
        json.Flush();
        return body;
    }
}
