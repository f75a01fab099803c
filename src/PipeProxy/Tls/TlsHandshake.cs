using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>One handshake, either side: from the loop to a worker and back.</summary>
/// <remarks>A deadline does not cancel SslStream, it resets the socket: the read that SslStream waits for then ends.</remarks>
internal sealed class TlsHandshake(SocketConnection socket, HandshakeWorkers workers, TlsPeer peer) : IDeadlineOwner
{
    // How long a client that spoke plain HTTP is listened to after its answer.
    private static readonly TimeSpan LingerSilence = TimeSpan.FromSeconds(2);

    private Deadline? _deadline;
    private bool _late;

    /// <summary>Starts the clock before <see cref="RunAsync"/> does.</summary>
    internal void StartDeadline(TimeSpan timeout)
    {
        _deadline = new Deadline(socket.Loop, this);
        _deadline.Set(timeout, DeadlineKind.Handshake);
    }

    /// <summary>Ends before the handshake has begun.</summary>
    /// <param name="reason">Why, behind "because"; null when the peer or the deadline ended it.</param>
    internal TlsResult GiveUp(string? reason)
    {
        _deadline?.Clear();
        socket.Close();
        return new TlsResult(null, TlsFailure.GivenUp(peer, _late, reason is null ? "" : $", because {reason}"));
    }

    public void OnDeadline(DeadlineKind kind)
    {
        _late = true;
        socket.Abort();
    }

    /// <summary>Runs it. Called on the loop and completes there; when it fails, the socket is closed.</summary>
    /// <param name="authenticate">SslStream's handshake; runs on a worker.</param>
    /// <param name="timeout">From now, waiting for a place among the workers included.</param>
    /// <param name="verdict">Where <paramref name="authenticate"/> notes what is wrong with the peer's certificate.</param>
    /// <param name="certificateRequested">Tells from the records that passed whether the peer asked for our certificate.</param>
    internal async ValueTask<TlsResult> RunAsync(Func<SslStream, Task> authenticate, TimeSpan timeout, OriginVerdict? verdict, Func<TlsTransportStream, bool?> certificateRequested)
    {
        socket.Loop.AssertInside();
        if (_deadline is null)
        {
            StartDeadline(timeout);
        }

        var transport = new TlsTransportStream(socket, workers, keepsHellos: peer.IsOrigin);
        var ssl = new SslStream(transport, leaveInnerStreamOpen: true);

        await workers.Enter();
        var error = await AuthenticateAsync(ssl, authenticate);
        workers.Leave();
        await socket.Loop.Enter();

        if (error is not null && !peer.IsOrigin && transport.Received.LooksLikeRequest)
        {
            _deadline!.Set(LingerSilence, DeadlineKind.BetweenBytes);
            await PlainHttpAnswer.SendAsync(socket);
        }
        else
        {
            transport.Publish();
        }

        // The last flight, or the alert that says why we refuse. Whether the peer still takes it is seen by whoever reads.
        await socket.FlushAsync();
        _deadline!.Clear();
        if (error is null && !socket.IsClosed)
        {
            return new TlsResult(new TlsConnection(socket, transport, ssl, peer, certificateRequested(transport)), null);
        }

        socket.Close();
        await ssl.DisposeAsync();
        var failure = error is null
            ? TlsFailure.GivenUp(peer, _late)
            : TlsFailure.OfHandshake(error, peer, transport.Received, transport.EndStatus, verdict, _late);
        var sent = TlsConnector.SentCertificate(transport.Sent);
        return new TlsResult(null, failure with
        {
            CertificateSent = sent,
            Tls = peer.Summarise(transport, sent ? true : null, verdict, null),
        });
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever SslStream throws becomes a Failure.")]
    private static async Task<Exception?> AuthenticateAsync(SslStream ssl, Func<SslStream, Task> authenticate)
    {
        try
        {
            await authenticate(ssl);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
