using System.Runtime.CompilerServices;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <content>How a connection ends: drained, cut, by a deadline, as a tunnel, or with an answer that must not be lost.</content>
internal sealed partial class Http1Connection
{
    // How long a client that still sends is listened to after its last answer (RFC 9112 section 9.6).
    private static readonly TimeSpan LingerSilence = TimeSpan.FromSeconds(2);
    private const long LingerMilliseconds = 10_000;

    // While draining, how long an idle client may still begin a request: it may have sent one before it could know.
    private static readonly TimeSpan DrainSilence = TimeSpan.FromSeconds(5);

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
    public void ShutdownSend()
    {
        _output.Push();
        _stream.ShutdownSend();
    }

    /// <summary>Ends a tunnel in which nothing moves.</summary>
    public void CloseTunnel()
    {
        _stream.Close();
        _current?.Cut();
    }

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

    // A read cannot be taken back, so whoever is too slow is answered from here and the close ends the read.
    private void OnReadTimeout(DeadlineKind kind)
    {
        if (_current is { AnswerStarted: false } exchange && !_lingering && kind is DeadlineKind.RequestHead or DeadlineKind.BetweenBytes)
        {
            Refuse(exchange, kind == DeadlineKind.RequestHead
                ? new Failure(Outcome.RequestTimeout, $"The request's head did not arrive within {exchange.Settings.Timeouts.RequestHead.TotalSeconds:0.#} s.", "Send the head without a pause, or raise timeouts.requestHead.")
                : new Failure(Outcome.RequestBodyTimeout, $"Nothing of the request's body arrived for {exchange.Settings.Timeouts.BetweenBytes.TotalSeconds:0.#} s.", "Send the body without long pauses, or raise timeouts.betweenBytes."));
            _output.Push();
        }

        if (_current is { AnswerStarted: true, Failure: null } && !_lingering)
        {
            // An answer is on its way, and its end must not look like one.
            _stream.Abort();
            return;
        }

        // An answer that the client still takes, be it the one before, is sent all the same.
        _stream.Close();
    }

    // A client that was not the one to say that this is the last answer may have sent another request already.
    private bool MaySendMore(Exchange exchange)
        => exchange.BodyPending || _input.BufferedBytes > 0 || exchange.Failure?.Outcome.Side == OutcomeSide.Client || (exchange.HasHead && exchange.Request.KeepAlive && !exchange.IsTunnel);

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
