using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>A client's connection: reads one request after another, hands each to the handler, and answers in order.</summary>
/// <remarks>
/// Loop-owned from accept to close. A pipelined request is parsed only when the answer before it is out, so order and back-pressure
/// need no queue. An idle connection holds no buffer and no exchange.
/// </remarks>
internal sealed class Http1Connection
{
    // After this many requests without a wait the loop turns to its other connections.
    private const int MaxRequestsPerTurn = 16;

    // How long a client that still sends is listened to after its last answer (RFC 9112 section 9.6).
    private static readonly TimeSpan LingerSilence = TimeSpan.FromSeconds(2);
    private const long LingerMilliseconds = 10_000;

    // While draining, how long an idle client may still begin a request: it may have sent one before it could know.
    private static readonly TimeSpan DrainSilence = TimeSpan.FromSeconds(5);

    private readonly LoopStream _stream;
    private readonly ConnectionServices _services;
    private readonly LoopCounters _counters;
    private readonly LoopPipeReader _input;
    private readonly LoopPipeWriter _output;
    private readonly byte[] _clientAddress = new byte[46];
    private int _clientAddressLength;
    private readonly IPAddress? _client;
    private readonly Failure? _refusal;
    private readonly byte[] _clientCertificateFields;
    private ConnectionSettings? _trustDecidedUnder;
    private bool _trusted;
    private Exchange? _current;
    private bool _draining;
    private bool _lingering;
    private readonly ExchangeClock _clock;
    private int _requests;

    /// <summary>Takes a stream that was accepted on the calling loop.</summary>
    /// <param name="stream">Plain or TLS.</param>
    /// <param name="services">What all connections share.</param>
    /// <param name="client">The client's address, IPv4 as IPv4; null when it has none.</param>
    /// <param name="refusal">Answers the first request instead of a handler; null serves.</param>
    /// <param name="clientCertificateFields">See <see cref="Exchange.ClientCertificateFields"/>.</param>
    public Http1Connection(LoopStream stream, ConnectionServices services, IPEndPoint? client, Failure? refusal, byte[] clientCertificateFields)
    {
        _stream = stream;
        _client = client?.Address;
        _refusal = refusal;
        _clientCertificateFields = clientCertificateFields;
        _services = services;
        _counters = services.Metrics.ForLoop(stream.Loop.Index);
        _input = new LoopPipeReader(stream, services.BufferSizes, OnReadTimeout);
        _output = new LoopPipeWriter(stream);
        _clock = new ExchangeClock(this);
    }

    /// <summary>The loop that owns the connection.</summary>
    public EventLoop Loop => _stream.Loop;

    /// <summary>The request under way; null between two.</summary>
    public Exchange? Current => _current;

    /// <summary>Bytes from the client.</summary>
    public PipeReader Input => _input;

    /// <summary>Bytes to the client.</summary>
    public PipeWriter Output => _output;

    /// <summary>The client's address as text; empty when it has none.</summary>
    public ReadOnlySpan<byte> ClientAddress => _clientAddress.AsSpan(0, _clientAddressLength);

    /// <summary>See <see cref="Exchange.ClientCertificateFields"/>.</summary>
    public ReadOnlySpan<byte> ClientCertificateFields => _clientCertificateFields;

    /// <summary>Whether <paramref name="settings"/> believe what the client says about its own clients. Decided once per connection and configuration.</summary>
    public bool IsTrustedHop(ConnectionSettings settings)
    {
        if (!ReferenceEquals(_trustDecidedUnder, settings))
        {
            _trusted = false;
            foreach (var hop in settings.TrustedHops)
            {
                _trusted |= _client is not null && hop.Contains(_client);
            }

            _trustDecidedUnder = settings;
        }

        return _trusted;
    }

    /// <summary>The client speaks TLS.</summary>
    public bool IsTls => _stream is TlsConnection;

    /// <summary>Serves the connection until it ends. Never throws for what a client does.</summary>
    /// <remarks>One method, whose state is made once per connection: awaiting in it costs nothing per request.</remarks>
    public async Task RunAsync()
    {
        _stream.Loop.AssertInside();
        _client?.TryFormat(_clientAddress, out _clientAddressLength);
        var requestsInTurn = 0;
        try
        {
            while (true)
            {
                // :: Step 1: wait for a request's first byte
                if (_input.BufferedBytes == 0)
                {
                    requestsInTurn = 0;
                    _input.SetTimeout(_draining ? DrainSilence : _services.Settings.Timeouts.KeepAlive, DeadlineKind.KeepAlive);
                    await _input.ReadAsync();
                    _input.Advance(0, 0);
                    if (_input.BufferedBytes == 0)
                    {
                        return;
                    }
                }
                else if (++requestsInTurn >= MaxRequestsPerTurn)
                {
                    requestsInTurn = 0;
                    await new LoopYield(_stream.Loop);
                }

                var exchange = Begin();
                try
                {
                    // :: Step 2: read its head
                    var status = TryParseHead(exchange, out var failure);
                    if (status == ParseStatus.NeedMore)
                    {
                        failure = await ReadHeadAsync(exchange);
                    }

                    // :: Step 3: have it answered
                    failure ??= exchange.CloseAfter ? null : _refusal;
                    if (failure is not null)
                    {
                        Refuse(exchange, failure);
                    }
                    else if (!exchange.CloseAfter)
                    {
                        _counters.RequestStarted();
                        _clock.Watch(exchange.Settings);
                        exchange.CloseAfter = !exchange.Request.KeepAlive || _draining || ++_requests >= exchange.Settings.MaxRequestsPerConnection;
                        try
                        {
                            await _services.Handler.HandleAsync(exchange);
                            _stream.Loop.AssertInside();
                        }
#pragma warning disable CA1031 // A bug in one exchange ends that exchange and is told; the others go on.
                        catch (Exception e)
#pragma warning restore CA1031
                        {
                            await _stream.Loop.Enter();
                            _services.Logger.LogError(e, "An exchange failed inside the proxy. This is a bug; please report it.");
                            exchange.Fail(new Failure(Outcome.InternalError, "The proxy failed while it served this request.", "Its log has the stack trace."));
                        }

                        _counters.RequestEnded();
                    }

                    // :: Step 4: send the answer, report, and see whether the connection is fit for another request
                    if (exchange.AnswerStarted)
                    {
                        await _output.FlushAsync();
                    }

                    if (exchange.AnswerStarted || exchange.HasHead)
                    {
                        _services.Report(exchange, _stream.Loop);
                    }

                    if (exchange.CloseAfter && exchange.AnswerStarted && !_stream.IsClosed && (exchange.BodyPending || _input.BufferedBytes > 0 || exchange.Failure?.Outcome.Side == OutcomeSide.Client))
                    {
                        BeginLinger();
                        await LingerAsync();
                    }

                    if (exchange.CloseAfter || _stream.IsClosed || _output.Status != IoStatus.Ok)
                    {
                        return;
                    }
                }
                finally
                {
                    End(exchange);
                }
            }
        }
        finally
        {
            _stream.Close();
            _input.Complete();
            _output.Complete();
            _clock.Stop();
        }
    }

    /// <summary>From now on every answer is the last of its connection. What arrives is still served; silence is waited for shortly. Any thread.</summary>
    public void Drain() => Loop.Post(static state => ((Http1Connection)state!).DrainCore(), this);

    /// <summary>Ends the connection at once with a reset: what was sent must not be taken for whole.</summary>
    public void Abort() => _stream.Abort();

    /// <summary>As <see cref="Abort"/>, and whatever the handler of the current request waits for ends, too.</summary>
    public void Cut()
    {
        _stream.Abort();
        _current?.Cut();
    }

    /// <summary>Ends the request under way whatever its handler waits for: with an answer of the proxy's own, or a reset when another is on its way.</summary>
    public void EndCurrent(Failure failure)
    {
        if (_current is not { Failure: null } exchange)
        {
            return;
        }

        exchange.CloseAfter = true;
        exchange.Fail(failure);
        if (!_stream.IsClosed)
        {
            _output.Push();
            BeginLinger();
        }

        exchange.Cut();
    }

    /// <summary>Tells the client that nothing more comes and bounds what is still read from it.</summary>
    public void BeginLinger()
    {
        if (!_lingering)
        {
            _lingering = true;
            _stream.ShutdownSend();
            _input.SetTimeout(LingerSilence, DeadlineKind.BetweenBytes);
        }
    }

    /// <summary>The client has ended its side in order: over TLS with close_notify.</summary>
    public bool ClientEndedCleanly => _input.Status == IoStatus.End;

    /// <summary>Bytes go both ways from here on; the clock ends it when nothing moves.</summary>
    public void BeginTunnel()
    {
        _input.SetTimeout(Timeout.InfiniteTimeSpan, DeadlineKind.None);
        _output.SetTimeout(_current!.Settings.Timeouts.Tunnel);
        _clock.WatchTunnel(_current);
    }

    /// <summary>Ends our side in order; reading goes on.</summary>
    public void ShutdownSend() => _stream.ShutdownSend();

    /// <summary>Ends a tunnel in which nothing moves.</summary>
    public void CloseTunnel()
    {
        _stream.Close();
        _current?.Cut();
    }

    /// <summary>Bounds each wait for a piece of the request's body, and for the client to take a piece of the answer.</summary>
    public void SetBodyTimeouts()
    {
        var timeouts = _services.Settings.Timeouts;
        _input.SetTimeout(timeouts.BetweenBytes, DeadlineKind.BetweenBytes);
        _output.SetTimeout(timeouts.BetweenBytes);
    }

    /// <summary>Why a request's body did not come whole.</summary>
    public Failure DescribeUpload(BodyPump upload) => upload.End switch
    {
        PumpEnd.SourceMalformed => new Failure(
            Http1Rejections.ClassOf(upload.Rejection) == RejectionClass.FieldsTooLarge ? Outcome.FieldsTooLarge : Outcome.RequestBodyMalformed,
            Http1Rejections.Describe(upload.Rejection)),
        PumpEnd.TooLarge => new Failure(Outcome.BodyTooLarge, $"The body is larger than {_services.Settings.MaxBodyBytes} bytes.", "Send less, or raise limits.body."),
        _ => new Failure(Outcome.ClientClosed, "The client ended the connection within its request body."),
    };

    private void DrainCore()
    {
        _draining = true;
        if (_current is null)
        {
            _input.SetTimeout(DrainSilence, DeadlineKind.KeepAlive);
        }
        else if (_current.HasHead)
        {
            // Whoever waits for its answer learns from it that it is the last; a request still arriving looks at the flag itself.
            _current.CloseAfter = true;
        }
    }

    private Exchange Begin()
    {
        var exchange = _services.Exchanges.Get();
        exchange.Attach(this, _services.Settings, _stream.Loop.Time.GetTimestamp());
        _output.SetTimeout(exchange.Settings.Timeouts.BetweenBytes);
        _current = exchange;
        return exchange;
    }

    private void End(Exchange exchange)
    {
        _current = null;
        _input.ReleaseHead();
        _services.Exchanges.Return(exchange);
    }

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
        return new Failure(outcome, Http1Rejections.Describe(rejection));
    }

    // A read cannot be taken back, so whoever is too slow is answered from here and the close ends the read.
    private void OnReadTimeout(DeadlineKind kind)
    {
        if (_current is { AnswerStarted: false } exchange && !_lingering && kind is DeadlineKind.RequestHead or DeadlineKind.BetweenBytes)
        {
            Refuse(exchange, kind == DeadlineKind.RequestHead
                ? new Failure(Outcome.RequestTimeout, $"The request's head did not arrive within {exchange.Settings.Timeouts.RequestHead.TotalSeconds:0.#} s.")
                : new Failure(Outcome.RequestBodyTimeout, $"Nothing of the request's body arrived for {exchange.Settings.Timeouts.BetweenBytes.TotalSeconds:0.#} s."));
            _output.Push();
        }

        if (_current is { AnswerStarted: true, Failure: null } && !_lingering)
        {
            // An answer is on its way, and its end must not look like one.
            _stream.Abort();
            return;
        }

        _stream.Close();
    }

    // Reads and drops what a client still sends, so that its answer is not lost to a reset of ours (RFC 9112 section 9.6).
    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]
    private async ValueTask LingerAsync()
    {
        var until = _stream.Loop.Now + LingerMilliseconds;
        _input.Advance(_input.BufferedBytes, _input.BufferedBytes);
        while (_stream.Loop.Now < until)
        {
            var read = await _input.ReadAsync();
            _input.Advance(_input.BufferedBytes, _input.BufferedBytes);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
