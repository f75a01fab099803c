using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Routing;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>Sends a request to its route's origin under the route's certificate and brings the answer back.</summary>
/// <remarks>
/// <code>
///   client                      Forwarder                        origin
///     | request head               |                                |
///     |===========================&gt;| 1 rent a connection            |
///     |                            | 2 write the head =============&gt;|
///     | request body               |                                |
///     |~~~~~~~~~~~~~~~~~~~~~~~~~~~&gt;|~~~~ 3 upload, meanwhile ~~~~~~~&gt;|
///     |                            | 4 read the response head &lt;=====|
///     |                            | 5 no head: verdict, or retry   |
///     |&lt;===========================| 6 write the head               |
///     |&lt;~~~~~~~~~~~~~~~~~~~~~~~~~~~|&lt;~~~ 7 download ~~~~~~~~~~~~~~~~|
///     |                            | 8 return or discard            |
/// </code>
/// One loop, no locks: upload and download are two suspended methods of the same thread.
/// </remarks>
internal sealed partial class Forwarder(UpstreamPool pool)
{
    // A write that failed is not the verdict: the origin's alert may lie in what can still be read. Longer than any network needs
    // to deliver what was sent before the reset, short enough for a client to wait.
    private static readonly TimeSpan VerdictWait = TimeSpan.FromSeconds(2);

    private const string AskTheOrigin = "Ask the origin itself with 'curl -v --http1.1' to see what it sends, and correct it there.";

    private static readonly Action<object> AbortUpstream = static upstream => ((UpstreamConnection)upstream).Abort();

    /// <summary>Forwards <paramref name="exchange"/>; on return it is answered or failed.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="target">Origin and certificate.</param>
    /// <param name="match">The route, and what its path captured.</param>
    /// <param name="cors">The route's CORS policy; null for none.</param>
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder))]
    public async ValueTask ForwardAsync(Exchange exchange, UpstreamTarget target, RouteMatch match, CorsPolicy? cors)
    {
        exchange.Origin = target.Origin;
        exchange.Certificate = target.CertificateName;
        // Other spellings are other methods (RFC 9110 section 9.1), but an origin may take them for these two.
        var isHead = Ascii.EqualsIgnoreCase(exchange.Request.MethodSpan, "HEAD"u8);
        if (isHead && exchange.Request.Method != HttpMethodKind.Head)
        {
            exchange.Fail(new Failure(Outcome.RequestMalformed, "A method that is HEAD but for its case is refused: origins disagree about whether a body follows.", "Write HEAD in capitals."));
            return;
        }

        if (exchange.Framing.HasBody && !match.Route.Config.AllowGetBody && (isHead || Ascii.EqualsIgnoreCase(exchange.Request.MethodSpan, "GET"u8)))
        {
            exchange.Fail(new Failure(Outcome.RequestMalformed, "A GET or HEAD request with a body is refused: origins disagree about its end.", "Send no body, or set allowGetBody on the route."));
            return;
        }

        if (!ForwardedRequest.TryMakeTarget(exchange, match))
        {
            exchange.Fail(new Failure(Outcome.RequestMalformed, "The path's parameters make no valid path for the origin.", "Send values that make no dot segment of the path."));
            return;
        }

        if (UpstreamLimits.Broken(exchange, target) is { } broken)
        {
            exchange.Fail(broken);
            return;
        }

        exchange.Upgrade = Upgrade.Wanted(exchange);
        var fresh = false;
        while (true)
        {
            // :: Step 1: rent a connection under the route's identity
            var lease = await pool.RentAsync(target, fresh);
            if (lease.Failure is not null)
            {
                exchange.Fail(lease.Failure);
                return;
            }

            // :: Step 2: write the head
            var upstream = lease.Connection;
            if (exchange.IsCut)
            {
                lease.Return();
                exchange.AbortClient(Outcome.ClientClosed);
                return;
            }

            exchange.WhenCut(AbortUpstream, upstream);
            exchange.OpenedConnection = upstream.IsFirstUse;
            ForwardedRequest.WriteHead(upstream.Output, exchange, target);

            // :: Step 3: upload, while the answer is awaited
            upstream.SetWriteTimeout(exchange.Settings.Timeouts.BetweenBytes);
            var upload = default(ValueTask);
            if (exchange.Framing.HasBody)
            {
                ExpectBody(exchange, upstream);
                upload = UploadAsync(exchange, upstream);
            }
            else
            {
                var sent = await upstream.Output.FlushAsync();
                upstream.SetReadTimeout(sent.IsCompleted ? VerdictWait : exchange.Settings.Timeouts.FirstByte, firstByte: true);
            }

            // :: Step 4: read the response head; interim ones go through
            var limits = UpstreamLimits.OfResponse(exchange, target);
            exchange.Response.Reset();
            var read = await upstream.ReadAsync();
            var head = upstream.SpokeUnasked ? HeadEnd.NoByte : TryParseHead(exchange, read, limits);
            if (head != HeadEnd.NoByte)
            {
                upstream.Confirm();
            }

            if (head is HeadEnd.More or HeadEnd.Interim)
            {
                head = await ReadMoreHeadAsync(exchange, upstream, read, head, limits);
            }

            // :: Step 5: no head: was it a connection that had died before we used it, or is this the answer?
            if (head != HeadEnd.Done)
            {
                exchange.WhenCut(null, null);
                if (head == HeadEnd.NoByte && MayRetry(exchange, upstream))
                {
                    lease.Discard();
                    fresh = exchange.Retried = true;
                    continue;
                }

                exchange.Fail(exchange.Upload.End is PumpEnd.None or PumpEnd.Done or PumpEnd.SinkFailed ? Verdict(exchange, upstream, head) : exchange.DescribeUpload());
                lease.Discard();
                await EndUploadAsync(exchange, upload);
                return;
            }

            // :: Step 6 and 7: the answer goes to the client
            var reusable = await AnswerAsync(exchange, upstream, cors);

            // :: Step 8: give the connection back, unless something is in doubt
            exchange.WhenCut(null, null);
            if (reusable && !exchange.BodyPending && upstream.Output.UnflushedBytes == 0)
            {
                lease.Return();
            }
            else
            {
                lease.Discard();
            }

            await EndUploadAsync(exchange, upload);
            return;
        }
    }

    // Parses what has come. Done: a final response head lies in exchange.Response and is still unconsumed in the upstream's buffer.
    private static HeadEnd TryParseHead(Exchange exchange, ReadResult read, HeadLimits limits)
    {
        var head = exchange.Response;
        switch (Http1Parser.ParseResponse(read.Buffer.FirstSpan, head, limits, out var rejection))
        {
            case ParseStatus.Done:
                // Status line and fields are bounded apart; the bound is on both.
                if (head.Length > limits.Fields)
                {
                    return HeadEnd.TooLarge;
                }

                // A 101 that was not asked for, or to something else, would make a tunnel of a connection that carries requests.
                head.Attach(read.Buffer.First);
                return head.IsInterim ? HeadEnd.Interim : head.StatusCode == 101 && !Upgrade.IsAnswered(head, exchange.Upgrade) ? HeadEnd.Malformed : HeadEnd.Done;
            case ParseStatus.Rejected:
                exchange.ResponseRejection = rejection;
                return Http1Rejections.ClassOf(rejection) is RejectionClass.FieldsTooLarge or RejectionClass.RequestLineTooLong ? HeadEnd.TooLarge : HeadEnd.Malformed;
            default:
                return !read.IsCompleted ? HeadEnd.More : read.Buffer.IsEmpty ? HeadEnd.NoByte : HeadEnd.Cut;
        }
    }

    // Reads on behind an interim response or a part of a head, until TryParseHead says how it ends.
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder<>))]
    private static async ValueTask<HeadEnd> ReadMoreHeadAsync(Exchange exchange, UpstreamConnection upstream, ReadResult read, HeadEnd end, HeadLimits limits)
    {
        var head = exchange.Response;
        var interim = 0;
        while (true)
        {
            if (end == HeadEnd.Interim)
            {
                // A hostile origin could send them for ever.
                if (++interim > exchange.Settings.MaxInterimResponses)
                {
                    return HeadEnd.TooManyInterim;
                }

                var length = head.Length;
                if (exchange.Request.MinorVersion == 1)
                {
                    ForwardedResponse.WriteInterimHead(exchange);
                    await exchange.Output.FlushAsync();
                }

                if (head.StatusCode == 100 && exchange.Framing.HasBody && exchange.Upload is { End: PumpEnd.None, Bytes: 0 })
                {
                    ExpectBody(exchange, upstream);
                }

                head.Reset();
                upstream.Input.AdvanceTo(read.Buffer.GetPosition(length));
            }
            else
            {
                upstream.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }

            read = await upstream.ReadMoreAsync();
            end = TryParseHead(exchange, read, limits);
            if (end is not (HeadEnd.More or HeadEnd.Interim))
            {
                return end == HeadEnd.NoByte && interim > 0 ? HeadEnd.Cut : end;
            }
        }
    }

    // RFC 9110 section 9.2.2: only what is idempotent may be sent twice, and only when the connection may have died of age. One whose end was seen was never lent; an end
    // that was on its way meets the request, which is sent by the end of the round.
    private static bool MayRetry(Exchange exchange, UpstreamConnection upstream)
        => upstream.MayBeStale && !exchange.Retried && !upstream.TimedOut && !exchange.IsCut && !exchange.Framing.HasBody && exchange.Request.IsIdempotent;

    private static Failure Verdict(Exchange exchange, UpstreamConnection upstream, HeadEnd head) => head switch
    {
        HeadEnd.NoByte => upstream.Describe(),
        HeadEnd.TooLarge => new Failure(Outcome.ResponseHeadTooLarge, $"{upstream.Key.Origin} sent a response head over the limit.", "Raise limits.responseHead, of this upstream too if it has one, or make the origin send less."),
        HeadEnd.TooManyInterim => new Failure(Outcome.ResponseMalformed, $"{upstream.Key.Origin} sent more than {exchange.Settings.MaxInterimResponses} interim responses.", "Look at the origin, or raise limits.interimResponses."),
        HeadEnd.Cut when upstream.TimedOut => new Failure(Outcome.ResponseTimeout, $"{upstream.Key.Origin} did not finish its response head in time.", "Look at the origin, or raise timeouts.firstByte."),
        HeadEnd.Cut => new Failure(Outcome.ResponseMalformed, $"{upstream.Key.Origin} closed the connection within its response head.", AskTheOrigin),
        _ when exchange.ResponseRejection == Http1Rejection.None => new Failure(Outcome.ResponseMalformed, $"{upstream.Key.Origin} answered 101 (Switching Protocols) to a request that did not ask for it (RFC 9110 section 15.2.2).", AskTheOrigin),
        _ => new Failure(Outcome.ResponseMalformed, $"{upstream.Key.Origin} sent a response head that is not valid HTTP/1.1. {Http1Rejections.Describe(exchange.ResponseRejection)}", AskTheOrigin),
    };

    // Passes head and body on. True: the connection to the origin may serve another request.
    [AsyncMethodBuilder(typeof(ExchangeMethodBuilder<>))]
    private static async ValueTask<bool> AnswerAsync(Exchange exchange, UpstreamConnection upstream, CorsPolicy? cors)
    {
        var head = exchange.Response;
        var framing = MessageFraming.OfResponse(head, exchange.Request.Method);
        if (framing.Kind == FramingKind.Tunnel)
        {
            await Tunnel.RunAsync(exchange, upstream);
            return false;
        }

        if (framing.Kind == FramingKind.Rejected)
        {
            exchange.Fail(new Failure(Outcome.ResponseMalformed, $"{upstream.Key.Origin}: {Http1Rejections.Describe(framing.Rejection)}", AskTheOrigin));
            return false;
        }

        var keepAlive = head.KeepAlive && framing.Kind != FramingKind.UntilClose;
        if (keepAlive && head.Fields.Contains(KnownField.KeepAlive) && KeepAliveField.TryReadTimeout(head.Fields.ValueOf(KnownField.KeepAlive), out var announced))
        {
            upstream.AnnounceIdle(announced);
            keepAlive = announced > TimeSpan.Zero;
        }

        var chunked = ForwardedResponse.WriteHead(exchange, framing, cors);
        if (head.StatusCode is 400 or 403 && upstream.Key.Identity is not null)
        {
            exchange.Refusal = OriginRefusal.Of(upstream, head);
            if (exchange.Refusal != HttpRefusal.None)
            {
                exchange.RefusedHandshake = upstream.KeepHandshake();
            }
        }

        ConsumeHead(upstream.Input, head.Length);
        if (!framing.HasBody)
        {
            await exchange.Output.FlushAsync();
            return keepAlive;
        }

        upstream.SetReadTimeout(exchange.Settings.Timeouts.BetweenBytes, firstByte: false);
        var end = await exchange.Download.RunAsync(upstream.Input, exchange.Output, framing, chunked, long.MaxValue);
        switch (end)
        {
            case PumpEnd.Done:
                return keepAlive;
            case PumpEnd.SourceEnded when framing.Kind == FramingKind.UntilClose && upstream.EndedCleanly:
                if (chunked)
                {
                    exchange.Download.EndChunked(exchange.Output);
                }

                return false;
            case PumpEnd.SinkFailed:
                exchange.AbortClient(Outcome.ClientClosed);
                return false;
            default:
                exchange.AbortClient(exchange.Upload.End is PumpEnd.SourceEnded or PumpEnd.SourceMalformed or PumpEnd.TooLarge ? exchange.DescribeUpload().Outcome : Outcome.ResponseIncomplete);
                return false;
        }
    }

    /// <summary>Consumes a head of so many bytes that was parsed where it lies.</summary>
    internal static void ConsumeHead(PipeReader input, int length)
    {
        input.TryRead(out var read);
        input.AdvanceTo(read.Buffer.GetPosition(length));
    }

    private enum HeadEnd : byte
    {
        /// <summary>A part of a head has come.</summary>
        More,

        /// <summary>An interim head has come (RFC 9110 section 15.2): another follows.</summary>
        Interim,
        Done,
        NoByte,
        Cut,
        Malformed,
        TooLarge,
        TooManyInterim,
    }
}
