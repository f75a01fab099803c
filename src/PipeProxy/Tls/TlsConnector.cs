using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>A connection after its handshake, or why there is none.</summary>
/// <param name="Connection">Null after a failure.</param>
/// <param name="Failure">Null without one.</param>
/// <param name="Client">On a server's side that asks for client certificates: which one came, or why the client is refused.</param>
internal readonly record struct TlsResult(TlsConnection? Connection, Failure? Failure, ClientVerdict? Client = null);

/// <summary>Makes TLS connections to origins.</summary>
/// <param name="workers">Run the handshakes.</param>
/// <param name="instead">Does them in a simulation; null: SslStream does.</param>
internal sealed class TlsConnector(HandshakeWorkers workers, OriginHandshake? instead = null)
{
    // In TLS 1.3 our encrypted flight is a Finished of 58 or 74 bytes as a record; an empty Certificate message adds 30 and a real one hundreds. Anything in between tells the two apart.
    private const int FinishedOnlyBytes = 80;

    /// <summary>As <see cref="ConnectAsync"/>, or what a simulation does instead.</summary>
    internal async ValueTask<(SecuredStream? Connection, Failure? Failure)> SecureAsync(SocketConnection socket, TlsClientOptions options)
    {
        if (instead is not null)
        {
            return await instead(socket, options);
        }

        var result = await ConnectAsync(socket, options);
        return (result.Connection, result.Failure);
    }

    /// <summary>Does the handshake as client. Called on the connection's loop and completes there; when it fails, the socket is closed.</summary>
    internal async ValueTask<TlsResult> ConnectAsync(SocketConnection socket, TlsClientOptions options)
    {
        var peer = new TlsPeer(options.ServerName, socket.RemoteEndPoint, options.CertificateName, options.CertificateContext);
        var verdict = new OriginVerdict(options.ServerName);
        var handshake = new TlsHandshake(socket, workers, peer);
        var result = await handshake.RunAsync(ssl => ssl.AuthenticateAsClientAsync(options.ForHandshake(verdict), CancellationToken.None), options.HandshakeTimeout, verdict, transport => CertificateRequested(transport.Sent, options));
        if (result.Connection is { CertificateRequested: false } connection && options.RequireCertificateRequest)
        {
            var seen = connection.DescribeHandshake();
            connection.Close();
            return new TlsResult(null, new Failure(
                Outcome.CertificateNotRequested,
                $"{peer.Sentence} finished the TLS handshake without asking for a client certificate, so none was sent.",
                "Turn mutual TLS on at the origin (an ALB: mutual authentication 'verify with trust store' on this listener), or set requireCertificateRequest to false.")
            { Tls = seen });
        }

        return result;
    }

    /// <summary>Whether the origin asked for a client certificate, told from what we sent in the handshake (decision 0005); null where that cannot be known.</summary>
    internal static bool? CertificateRequested(in TlsRecords sent, TlsClientOptions options)
    {
        if (SentCertificate(sent))
        {
            return true;
        }

        // A resumed session carries the certificate of its first handshake without asking again.
        return options.Resume || options.CertificateContext is null ? null : false;
    }

    /// <summary>A Certificate message of ours went out.</summary>
    internal static bool SentCertificate(in TlsRecords sent) => sent.SawCertificate || sent.EncryptedBytes > FinishedOnlyBytes;
}
