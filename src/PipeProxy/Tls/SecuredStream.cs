using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Bytes both ways behind a handshake: <see cref="TlsConnection"/>, or what a simulation puts in its place.</summary>
internal abstract class SecuredStream : LoopStream
{
    /// <summary>Whether the origin asked for a client certificate; null where that cannot be known (a resumed session, a server's side).</summary>
    internal abstract bool? CertificateRequested { get; }

    /// <summary>Set when a read or a write ended in an alert or another failure of TLS.</summary>
    internal abstract Failure? Failure { get; }
}

/// <summary>A handshake with an origin; see <see cref="TlsConnector.ConnectAsync"/>.</summary>
internal delegate ValueTask<TlsResult> OriginHandshake(SocketConnection socket, TlsClientOptions options);
