using System.IO.Pipelines;
using System.Net;
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
internal sealed partial class Http1Connection
{
    // After this many requests without a wait the loop turns to its other connections.
    private const int MaxRequestsPerTurn = 16;

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

    /// <summary>As <see cref="PipeWriter.FlushAsync"/>, and completes when the system has taken everything.</summary>
    public ValueTask<FlushResult> SendAllAsync() => _output.SendAllAsync();

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
                        break;
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
                            exchange.Fail(new Failure(Outcome.InternalError, "The proxy failed while it served this request.", "Report this bug with the stack trace, which the proxy's log has."));
                        }

                        _counters.RequestEnded();
                    }

                    // :: Step 4: send the answer, report, and see whether the connection is fit for another request
                    if (exchange.AnswerStarted)
                    {
                        await (exchange.CloseAfter ? _output.SendAllAsync() : _output.FlushAsync());
                    }

                    if (exchange.AnswerStarted || exchange.HasHead)
                    {
                        _services.Report(exchange, _stream.Loop);
                    }

                    if (exchange.CloseAfter && exchange.AnswerStarted && !_stream.IsClosed && MaySendMore(exchange))
                    {
                        BeginLinger();
                        await LingerAsync();
                    }

                    if (exchange.CloseAfter || _stream.IsClosed || _output.Status != IoStatus.Ok)
                    {
                        break;
                    }
                }
                finally
                {
                    End(exchange);
                }
            }

            // The client counts until it has taken all of it, its last answer and our goodbye.
            _output.Push();
            _stream.Close();
            await _output.SendAllAsync();
        }
        finally
        {
            _stream.Close();
            _input.Complete();
            _output.Complete();
            _clock.Stop();
        }
    }

    /// <summary>Bounds each wait for a piece of the request's body, and for the client to take a piece of the answer.</summary>
    public void SetBodyTimeouts()
    {
        var timeouts = _services.Settings.Timeouts;
        _input.SetTimeout(timeouts.BetweenBytes, DeadlineKind.BetweenBytes);
        _output.SetTimeout(timeouts.BetweenBytes);
    }

    /// <summary>The client waits for the origin's word before it sends its body: that is not held against it.</summary>
    public void AwaitContinue() => _input.SetTimeout(Timeout.InfiniteTimeSpan, DeadlineKind.None);

    /// <summary>Why a request's body did not come whole.</summary>
    public Failure DescribeUpload(BodyPump upload) => upload.End switch
    {
        PumpEnd.SourceMalformed => new Failure(
            Http1Rejections.ClassOf(upload.Rejection) == RejectionClass.FieldsTooLarge ? Outcome.FieldsTooLarge : Outcome.RequestBodyMalformed,
            Http1Rejections.Describe(upload.Rejection),
            Http1Rejections.NextOfClient(upload.Rejection)),
        PumpEnd.TooLarge => new Failure(Outcome.BodyTooLarge, $"The body is larger than {_services.Settings.MaxBodyBytes} bytes.", "Send less, or raise limits.body."),
        _ => new Failure(Outcome.ClientClosed, "The client ended the connection within its request body.", "Look at the client's own deadlines if this happens often."),
    };

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
}
