using System.Buffers;
using System.IO.Pipelines;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Routing;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>The head that goes to the origin: what RFC 9110 section 7.6 asks of an intermediary, and nothing else changed.</summary>
/// <remarks>
/// Removed: hop-by-hop and Connection-nominated fields, and what a client could use to pose as a proxy or as a certificate's owner
/// (<c>X-Forwarded-*</c> and <c>Forwarded</c> but from a trusted hop, <c>X-Amzn-Mtls-*</c>, <c>Client-Cert*</c>). Set: <c>Host</c> of the origin, <c>Via</c>, <see cref="ForwardedFields"/>,
/// <c>X-Request-Id</c>, framing. All other fields keep order, case and duplicates.
/// </remarks>
internal static class ForwardedRequest
{
    // Everything that is added besides the client's own bytes fits; the writer grows if it does not.
    private const int AddedBytes = 512;

    private static readonly FieldFilter Filter = FieldFilter.Request.With(ForwardedFields.Filter).With(KnownField.XRequestId);

    // RFC 9110 section 10.1.1: an expectation of an HTTP/1.0 client is ignored, so it is not passed on.
    private static readonly FieldFilter FilterOfOldClients = Filter.With(KnownField.Expect);

    /// <summary>Puts the target that the origin is asked for into <see cref="Exchange.Scratch"/>.</summary>
    /// <returns>False: a value that the path captured makes no valid path for the origin.</returns>
    public static bool TryMakeTarget(Exchange exchange, in RouteMatch match)
    {
        var path = exchange.Scratch;
        path.ResetWrittenCount();
        if (exchange.Request.TargetForm == TargetForm.Asterisk)
        {
            path.Write("*"u8);
            return true;
        }

        return match.Route.Target!.TryWriteTarget(Facts.Of(exchange), match, path);
    }

    /// <summary>Writes the head, with the target that <see cref="TryMakeTarget"/> made.</summary>
    public static void WriteHead(PipeWriter output, Exchange exchange, UpstreamTarget target)
    {
        var request = exchange.Request;
        var path = exchange.Scratch;
        var writer = new Http1Writer(output, request.Length + path.WrittenCount + AddedBytes);
        writer.WriteRequestLine(request.MethodSpan, path.WrittenSpan);
        writer.WriteField("Host"u8, target.HostField);
        var hops = ProxyHops.Left(request);
        var filter = request.MinorVersion == 0 ? FilterOfOldClients : Filter;
        writer.CopyEndToEndFields(request.Fields, hops > 0 ? filter.With(KnownField.MaxForwards) : filter);
        if (hops > 0)
        {
            writer.WriteField("Max-Forwards"u8, hops - 1);
        }

        if (exchange.Upgrade is { } protocol)
        {
            writer.Write("Connection: Upgrade\r\n"u8);
            writer.WriteField("Upgrade"u8, protocol);
        }

        writer.Write("Via: 1.1 pipeproxy\r\n"u8);
        ForwardedFields.Write(ref writer, exchange, target.Config.Limits.ForwardedFor);
        writer.Write(exchange.ClientCertificateFields);
        writer.WriteField("X-Request-Id"u8, exchange.RequestId);

        // AWS's desync classifier calls a GET or HEAD that announces an empty body not Compliant. It says the same without.
        if (exchange.Framing.HasBody || request.Method is not (HttpMethodKind.Get or HttpMethodKind.Head))
        {
            writer.WriteFraming(exchange.Framing);
        }

        writer.WriteLineEnd();
        writer.Commit();
    }
}
