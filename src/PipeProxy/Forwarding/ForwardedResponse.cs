using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>The head that goes back to the client: status, reason and end-to-end fields of the origin, in order.</summary>
/// <remarks>Changed only: hop-by-hop and nominated fields, framing, <c>Via</c>, and <c>Access-Control-*</c>, which only the route's CORS policy says.</remarks>
internal static class ForwardedResponse
{
    private const int AddedBytes = 256;

    private static readonly FieldFilter Filter = FieldFilter.Response.With(KnownField.AccessControl);

    /// <summary>Writes the final head and decides how the body goes out.</summary>
    /// <returns>True: chunked. False: as it is; an HTTP/1.0 client sees the end by the connection's.</returns>
    public static bool WriteHead(Exchange exchange, MessageFraming framing, CorsPolicy? cors)
    {
        var head = exchange.Response;
        var isOldClient = exchange.Request.MinorVersion == 0;
        var delimited = framing.Kind is FramingKind.Chunked or FramingKind.UntilClose;

        // An HTTP/1.0 client knows no chunks: the end of the connection is the end of the body.
        exchange.CloseAfter |= delimited && isOldClient;
        exchange.Begin(head.StatusCode, Outcome.Completed);

        var writer = new Http1Writer(exchange.Output, head.Length + AddedBytes);
        writer.WriteStatusLine(head);

        writer.CopyEndToEndFields(head.Fields, Filter);
        cors?.WriteFields(ref writer, exchange.Request);
        writer.Write("Via: 1.1 pipeproxy\r\n"u8);
        if (!delimited)
        {
            writer.WriteFraming(framing);
        }
        else if (!isOldClient)
        {
            writer.Write("Transfer-Encoding: chunked\r\n"u8);
        }

        exchange.WriteConnectionField(ref writer);
        writer.WriteLineEnd();
        writer.Commit();
        return delimited && !isOldClient;
    }

    /// <summary>Writes the head of a 101, behind which the other protocol begins; the caller flushes.</summary>
    public static void WriteUpgradeHead(Exchange exchange)
    {
        var head = exchange.Response;
        exchange.Begin(101, Outcome.Completed);
        exchange.CloseAfter = true;
        var writer = new Http1Writer(exchange.Output, head.Length + AddedBytes);
        writer.WriteStatusLine(head);
        writer.CopyEndToEndFields(head.Fields, Filter);
        writer.Write("Via: 1.1 pipeproxy\r\nConnection: Upgrade\r\n"u8);
        writer.WriteField("Upgrade"u8, exchange.Upgrade!);
        writer.WriteLineEnd();
        writer.Commit();
    }

    /// <summary>Writes an interim head (RFC 9110 section 15.2); the caller flushes.</summary>
    public static void WriteInterimHead(Exchange exchange)
    {
        var head = exchange.Response;
        var writer = new Http1Writer(exchange.Output, head.Length + AddedBytes);
        writer.WriteStatusLine(head);
        writer.CopyEndToEndFields(head.Fields, FieldFilter.Response);
        writer.WriteLineEnd();
        writer.Commit();
    }
}
