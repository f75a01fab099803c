using System.Runtime.CompilerServices;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <content>Reading a head, and refusing one.</content>
internal sealed partial class Http1Connection
{
    // Done with a failure: the head is refused. Done without: it is there and its framing decided.
    private ParseStatus TryParseHead(Exchange exchange, out Failure? failure)
    {
        failure = null;
        var head = exchange.Request;
        var status = Http1Parser.ParseRequest(_input.BufferedMemory.Span, head, exchange.Settings.HeadLimits, out var rejection);
        if (status == ParseStatus.Done)
        {
            exchange.TakeHead(_input.HoldHead(head.Length));
            exchange.Framing = MessageFraming.OfRequest(head);
            rejection = exchange.Framing.Kind == FramingKind.Rejected ? exchange.Framing.Rejection : Http1Rejection.None;
        }

        if (status != ParseStatus.NeedMore && rejection != Http1Rejection.None)
        {
            failure = Describe(rejection);
        }

        return status;
    }

    // Null: the head is there and its framing decided. CloseAfter without a failure: the client has gone without a word.
    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<Failure?> ReadHeadAsync(Exchange exchange)
    {
        var timeout = exchange.Settings.Timeouts.RequestHead;
        var until = _stream.Loop.Now + (long)timeout.TotalMilliseconds;
        while (true)
        {
            // The deadline is the whole head's: a client that sends a byte now and then does not move it.
            _input.Advance(0, _input.BufferedBytes);
            _input.SetTimeout(timeout > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Max(1, until - _stream.Loop.Now)) : timeout, DeadlineKind.RequestHead);
            var read = await _input.ReadAsync();
            if (read.IsCompleted)
            {
                exchange.CloseAfter = true;
                return null;
            }

            if (TryParseHead(exchange, out var failure) != ParseStatus.NeedMore)
            {
                return failure;
            }
        }
    }

    private void Refuse(Exchange exchange, Failure failure)
    {
        if (!exchange.HasHead)
        {
            exchange.IdentifyWithoutHead();
        }

        exchange.CloseAfter = true;
        exchange.Fail(failure);
    }

    private static Failure Describe(Http1Rejection rejection)
    {
        var outcome = Http1Rejections.ClassOf(rejection) switch
        {
            RejectionClass.RequestLineTooLong => Outcome.RequestLineTooLong,
            RejectionClass.FieldsTooLarge => Outcome.FieldsTooLarge,
            RejectionClass.MethodNotServed => Outcome.MethodNotServed,
            RejectionClass.CodingNotServed => Outcome.CodingNotServed,
            RejectionClass.VersionNotServed => Outcome.VersionNotServed,
            _ => Outcome.RequestMalformed,
        };
        return new Failure(outcome, Http1Rejections.Describe(rejection), Http1Rejections.NextOfClient(rejection));
    }
}
