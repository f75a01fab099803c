using System.Runtime.CompilerServices;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <content>The request's body on its way to the origin, and whose time runs meanwhile.</content>
internal sealed partial class Forwarder
{
    // The answer is there and the upload may still wait for a client that waits for the answer.
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    private static async ValueTask EndUploadAsync(Exchange exchange, ValueTask upload)
    {
        if (exchange.BodyPending)
        {
            await exchange.SendAllAsync();
            exchange.BeginLinger();
        }

        await upload;
    }

    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    private static async ValueTask UploadAsync(Exchange exchange, UpstreamConnection upstream)
    {
        if (exchange.Request.ExpectContinue)
        {
            await AwaitBodyAsync(exchange, upstream);
        }

        var chunked = exchange.Framing.Kind == FramingKind.Chunked;
        var end = await exchange.Upload.RunAsync(exchange.Input, upstream.Output, exchange.Framing, chunked, exchange.Settings.MaxBodyBytes);
        switch (end)
        {
            case PumpEnd.Done or PumpEnd.SinkFailed when exchange.AnswerStarted:
                // The answer is on its way already, under a deadline of its own.
                break;
            case PumpEnd.Done:
                upstream.SetReadTimeout(exchange.Settings.Timeouts.FirstByte, firstByte: true);
                break;
            case PumpEnd.SinkFailed:
                upstream.SetReadTimeout(VerdictWait, firstByte: true);
                break;
            default:
                // The client's side failed: the origin must not take what it got for whole.
                upstream.Abort();
                break;
        }
    }

    // RFC 9110 section 10.1.1: until the first byte of its body comes, or the origin has said 100, the client may be waiting for the origin, whose time it is.
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    private static async ValueTask AwaitBodyAsync(Exchange exchange, UpstreamConnection upstream)
    {
        var sent = await upstream.Output.FlushAsync();
        upstream.SetReadTimeout(sent.IsCompleted ? VerdictWait : exchange.Settings.Timeouts.FirstByte, firstByte: true);
        exchange.AwaitContinue();
        var read = await exchange.Input.ReadAsync();
        exchange.Input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        if (!exchange.AnswerStarted)
        {
            ExpectBody(exchange, upstream);
        }
    }

    private static void ExpectBody(Exchange exchange, UpstreamConnection upstream)
    {
        exchange.SetBodyTimeouts();
        upstream.SetReadTimeout(Timeout.InfiniteTimeSpan, firstByte: true);
    }
}
