using System.Buffers;
using System.IO.Pipelines;
using PipeProxy.Http1;
using PipeProxy.Telemetry;

namespace PipeProxy.Connections;

/// <summary>One request and its answer on a client's connection: what a handler reads, writes and reports.</summary>
/// <remarks>
/// Loop-owned. Rented when a request's first byte is there and given back when its answer is out, so an idle connection holds no
/// head tables. Everything it shows is valid until then.
/// </remarks>
internal sealed class Exchange
{
    private readonly RequestId _requestId = new();
    private Http1Connection _connection = null!;
    private Action<object>? _whenCut;
    private object? _whenCutState;

    /// <summary>The request's head, offsets over memory that is held until the answer is out.</summary>
    public RequestHead Request { get; } = new();

    /// <summary>Room for the response's head.</summary>
    public ResponseHead Response { get; } = new();

    /// <summary>Which rule the response's head broke; None while it has broken none.</summary>
    public Http1Rejection ResponseRejection { get; set; }

    /// <summary>How the request's body is framed; decided once.</summary>
    public MessageFraming Framing { get; set; }

    /// <summary>The request's body on its way to the origin.</summary>
    public BodyPump Upload { get; } = new();

    /// <summary>The response's body on its way to the client.</summary>
    public BodyPump Download { get; } = new();

    /// <summary>Body bytes of an answer that the proxy made itself; 0 when it made none, or one without a body.</summary>
    public int OwnBodyBytes { get; set; }

    /// <summary>Body bytes that went to the client, without framing, whoever made them.</summary>
    public long ResponseBytes => Download.Bytes + OwnBodyBytes;

    /// <summary>Room for what a handler makes before it writes it.</summary>
    public ArrayBufferWriter<byte> Scratch { get; } = new(512);

    /// <summary>Body bytes of the request, still framed.</summary>
    public PipeReader Input => _connection.Input;

    /// <summary>Response bytes to the client.</summary>
    public PipeWriter Output => _connection.Output;

    /// <summary>Flushes <see cref="Output"/>, and completes when the system has taken everything: before the client's side is ended.</summary>
    public ValueTask<FlushResult> SendAllAsync() => _connection.SendAllAsync();

    /// <summary>What the connection was told: limits, deadlines, how much a client is told.</summary>
    public ConnectionSettings Settings { get; private set; } = null!;

    /// <summary>The client's address as it stands in X-Forwarded-For (IPv6 without brackets).</summary>
    public ReadOnlySpan<byte> ClientAddress => _connection.ClientAddress;

    /// <summary>The client is a proxy whose <c>X-Forwarded-*</c> and <c>Forwarded</c> are believed.</summary>
    public bool IsTrustedHop => _connection.IsTrustedHop(Settings);

    /// <summary>Field lines that tell the origin of the client's certificate (RFC 9440), each with its CRLF; empty when there is nothing to tell.</summary>
    public ReadOnlySpan<byte> ClientCertificateFields => _connection.ClientCertificateFields;

    /// <summary>The client reached us over TLS.</summary>
    public bool IsTls => _connection.IsTls;

    /// <summary><c>http</c> or <c>https</c>: how the client reached us.</summary>
    public ReadOnlySpan<byte> Scheme => IsTls ? "https"u8 : "http"u8;

    /// <summary>The request's id: the client's own where it is a plain token, else made here.</summary>
    public ReadOnlySpan<byte> RequestId => _requestId.Value;

    /// <summary>The connection ends after this answer.</summary>
    public bool CloseAfter { get; set; }

    /// <summary>Part of the answer's head has been written; a failure can no longer become an answer.</summary>
    public bool AnswerStarted { get; set; }

    /// <summary>Status sent to the client; 0 before.</summary>
    public int Status { get; set; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; set; } = Outcome.Completed;

    /// <summary>Why it failed; null when it did not.</summary>
    public Failure? Failure { get; private set; }

    /// <summary>Name of the route that took it; null before, and when none did.</summary>
    public string? Route { get; set; }

    /// <summary>The origin it was sent to; null when it was not.</summary>
    public string? Origin { get; set; }

    /// <summary>Name of the client certificate it was sent under; null when none.</summary>
    public string? Certificate { get; set; }

    /// <summary>It was sent a second time, after a pooled connection had died.</summary>
    public bool Retried { get; set; }

    /// <summary>It was sent over a connection that was opened for it.</summary>
    public bool OpenedConnection { get; set; }

    /// <summary>The origin's answer may be about our certificate.</summary>
    public HttpRefusal Refusal { get; set; }

    /// <summary>With a <see cref="Refusal"/>: tells what the handshake with the origin showed; asked only when the refusal is recorded.</summary>
    public Func<HandshakeSummary?>? RefusedHandshake { get; set; }

    /// <summary>The protocol that the origin is asked to switch to; null when none.</summary>
    public byte[]? Upgrade { get; set; }

    /// <summary>It has become an upgraded connection: bytes both ways, no more messages.</summary>
    public bool IsTunnel { get; private set; }

    /// <summary>One direction of the tunnel is over: its receiver has been sent all of it, and the end.</summary>
    public bool IsHalfTunnel { get; set; }

    /// <summary>The client has ended its side in order.</summary>
    public bool ClientEndedCleanly => _connection.ClientEndedCleanly;

    /// <summary>When its first byte was seen, as a timestamp of the loop's clock.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The date and time, by the proxy's clock.</summary>
    public DateTimeOffset UtcNow => _connection.Loop.Time.GetUtcNow();

    /// <summary>The request has a body of which something is still to come.</summary>
    public bool BodyPending => Framing.HasBody && Upload.End is not PumpEnd.Done;

    /// <summary>Takes the exchange into use for a request of <paramref name="connection"/>.</summary>
    public void Attach(Http1Connection connection, ConnectionSettings settings, long now)
    {
        _connection = connection;
        Settings = settings;
        StartedAt = now;
        Request.Reset();
        Upload.Reset(settings.ChunkLimits);
        Download.Reset(settings.ChunkLimits);
        Framing = default;
        ResponseRejection = Http1Rejection.None;
        HasHead = false;
        IsCut = false;
        _whenCut = null;
        _whenCutState = null;
        CloseAfter = false;
        AnswerStarted = false;
        Status = OwnBodyBytes = 0;
        Outcome = Outcome.Completed;
        Failure = null;
        Route = Origin = Certificate = null;
        Retried = OpenedConnection = IsTunnel = IsHalfTunnel = false;
        Upgrade = null;
        Refusal = HttpRefusal.None;
        RefusedHandshake = null;
        _requestId.Clear();
    }

    /// <summary>The request's head was read; before that its spans must not be touched.</summary>
    public bool HasHead { get; private set; }

    /// <summary>Takes the head that was read, in <paramref name="block"/>, and decides the request's id.</summary>
    public void TakeHead(ReadOnlyMemory<byte> block)
    {
        Request.Attach(block);
        HasHead = true;
        _requestId.Set(Request);
    }

    /// <summary>Makes an id for a request whose head cannot be read.</summary>
    public void IdentifyWithoutHead() => _requestId.Make();

    /// <summary>An answer begins: what it is, and whether it is the last one of the connection.</summary>
    public void Begin(int status, Outcome outcome)
    {
        // RFC 9112 section 9.6: an answer that overtakes its request's body is the last one.
        CloseAfter |= BodyPending;
        AnswerStarted = true;
        Status = status;
        Outcome = outcome;
    }

    /// <summary>Writes the Connection field that this answer needs, if any.</summary>
    public void WriteConnectionField(ref Http1Writer writer)
    {
        if (CloseAfter)
        {
            writer.Write("Connection: close\r\n"u8);
        }
        else if (Request.MinorVersion == 0)
        {
            writer.Write("Connection: keep-alive\r\n"u8);
        }
    }

    /// <summary>Answers with the proxy's own problem document, or resets the client when an answer is under way.</summary>
    public void Fail(Failure failure)
    {
        if (Failure is not null)
        {
            return;
        }

        Failure = failure;
        Outcome = failure.Outcome;
        if (AnswerStarted || failure.Outcome.Status == 0)
        {
            // What has been sent must not be taken for whole: RST, not FIN.
            CloseAfter = true;
            _connection.Abort();
            return;
        }

        ProblemAnswer.Write(this, failure);
    }

    /// <summary>The proxy stops and waits no longer: the client's connection is reset, the handler has only to come to its end.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Says how to end what the handler waits for; null when there is nothing any more.</summary>
    public void WhenCut(Action<object>? end, object? state)
    {
        _whenCut = end;
        _whenCutState = state;
    }

    /// <summary>Ends what the handler waits for.</summary>
    public void Cut()
    {
        IsCut = true;
        _whenCut?.Invoke(_whenCutState!);
    }

    /// <summary>The client cannot be reached any more, or must not be.</summary>
    public void AbortClient(Outcome outcome)
    {
        if (Failure is not null)
        {
            // Told already why, and ended: by the clock, while the handler waited.
            return;
        }

        Outcome = outcome;
        CloseAfter = true;
        _connection.Abort();
    }

    /// <summary>Why the upload ended before the body did, as seen from the client's side.</summary>
    public Failure DescribeUpload() => _connection.DescribeUpload(Upload);

    /// <summary>The client is told that nothing more comes, and is given a short time to stop sending.</summary>
    public void BeginLinger() => _connection.BeginLinger();

    /// <summary>From here on bytes go both ways, for as long as something moves.</summary>
    public void BeginTunnel()
    {
        IsTunnel = true;
        _connection.BeginTunnel();
    }

    /// <summary>Ends our side of the client's connection in order; reading goes on.</summary>
    public void ShutdownClient() => _connection.ShutdownSend();

    /// <summary>The client waits for <c>100 (Continue)</c>; <see cref="SetBodyTimeouts"/> ends that.</summary>
    public void AwaitContinue() => _connection.AwaitContinue();

    /// <summary>Bounds each wait for a piece of the request's body.</summary>
    public void SetBodyTimeouts() => _connection.SetBodyTimeouts();
}
