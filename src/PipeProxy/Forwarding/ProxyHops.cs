using System.Buffers.Text;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>How far a request may go: <c>Max-Forwards</c> (RFC 9110 section 7.6.2) and loops, told by <c>Via</c> (section 7.6.3).</summary>
internal static class ProxyHops
{
    // Several of us in a row are fine; as many as these are a circle.
    private const int MaxVisits = 8;

    /// <summary>Hops left in Max-Forwards; -1 when it does not apply: absent, not a number, or another method than OPTIONS (TRACE is not served).</summary>
    public static int Left(RequestHead request)
        => request.Method == HttpMethodKind.Options && request.Fields.Contains(KnownField.MaxForwards)
            && Utf8Parser.TryParse(request.Fields.ValueOf(KnownField.MaxForwards), out uint left, out var used) && used == request.Fields.ValueOf(KnownField.MaxForwards).Length
            ? (int)Math.Min(left, int.MaxValue)
            : -1;

    /// <summary>Answers a request that ends here: one that may go no further, or goes in circles.</summary>
    /// <returns>False: it goes on.</returns>
    public static bool TryAnswer(Exchange exchange)
    {
        var request = exchange.Request;
        if (request.Fields.Contains(KnownField.Via) && VisitsIn(request.Fields) >= MaxVisits)
        {
            exchange.Fail(new Failure(Outcome.LoopDetected, $"The request has been here {MaxVisits} times, says its Via field.", "Look for a route whose origin leads back to this proxy."));
            return true;
        }

        if (Left(request) != 0)
        {
            return false;
        }

        exchange.Begin(200, Outcome.Answered);
        var writer = new Http1Writer(exchange.Output);
        writer.WriteStatusLine(200, "OK"u8);
        writer.Write("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\nContent-Length: 0\r\n"u8);
        exchange.WriteConnectionField(ref writer);
        writer.WriteLineEnd();
        writer.Commit();
        return true;
    }

    // Via = #( received-protocol RWS received-by [ RWS comment ] )
    private static int VisitsIn(FieldTable fields)
    {
        var visits = 0;
        for (var i = fields.IndexOf(KnownField.Via); i >= 0; i = fields.IndexOf(KnownField.Via, i + 1))
        {
            foreach (var hop in new ListElements(fields.ValueOf(i)))
            {
                visits += hop.EndsWith(" pipeproxy"u8) ? 1 : 0;
            }
        }

        return visits;
    }
}
