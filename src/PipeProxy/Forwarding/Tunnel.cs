using System.Runtime.CompilerServices;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>An upgraded connection: bytes both ways, unread, until both sides have ended theirs.</summary>
/// <remarks>
/// <code>
///   client  ==== upload ====&gt;  origin       the pumps of bodies, whose flush is the back-pressure
///   client  &lt;=== download ===  origin
/// </code>
/// An orderly end of one side is passed on as one (half-close), anything else as a reset. <see cref="ExchangeClock"/> ends a tunnel in which nothing moves.
/// </remarks>
internal static class Tunnel
{
    private static readonly MessageFraming Bytes = new(FramingKind.UntilClose, -1, Http1Rejection.None);

    /// <summary>Passes the 101 on and then all bytes; on return both directions have ended. The connection to the origin is of no further use.</summary>
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    public static async ValueTask RunAsync(Exchange exchange, UpstreamConnection upstream)
    {
        ForwardedResponse.WriteUpgradeHead(exchange);
        Forwarder.ConsumeHead(upstream.Input, exchange.Response.Length);

        exchange.BeginTunnel();
        upstream.SetReadTimeout(Timeout.InfiniteTimeSpan, firstByte: false);
        upstream.SetWriteTimeout(exchange.Settings.Timeouts.Tunnel);
        var upload = UploadAsync(exchange, upstream);
        var end = await exchange.Download.RunAsync(upstream.Input, exchange.Output, Bytes, chunked: false, long.MaxValue);
        if (end == PumpEnd.SourceEnded && upstream.EndedCleanly)
        {
            exchange.ShutdownClient();
            await exchange.SendAllAsync();
        }
        else
        {
            exchange.AbortClient(end == PumpEnd.SinkFailed ? Outcome.ClientClosed : Outcome.ResponseIncomplete);
        }

        exchange.IsHalfTunnel = true;
        await upload;
    }

    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    private static async ValueTask UploadAsync(Exchange exchange, UpstreamConnection upstream)
    {
        var end = await exchange.Upload.RunAsync(exchange.Input, upstream.Output, Bytes, chunked: false, long.MaxValue);
        if (end == PumpEnd.SourceEnded && exchange.ClientEndedCleanly)
        {
            upstream.ShutdownSend();
            await upstream.SendAllAsync();
        }
        else
        {
            upstream.Abort();
        }

        exchange.IsHalfTunnel = true;
    }
}
