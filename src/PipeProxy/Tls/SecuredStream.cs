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

    /// <summary>What the handshake showed, for an operator; null where there is nothing to say. Only when something failed: it reads the hellos.</summary>
    internal virtual HandshakeSummary? DescribeHandshake() => null;

    /// <summary>What <see cref="DescribeHandshake"/> tells is to be there after the connection has closed, too.</summary>
    internal virtual void KeepForReport()
    {
    }

    /// <summary>The alert that ended the connection.</summary>
    internal byte? Alert => Failure?.Alert;
}

/// <summary>A handshake with an origin; see <see cref="TlsConnector.SecureAsync"/>.</summary>
internal delegate ValueTask<(SecuredStream? Connection, Failure? Failure)> OriginHandshake(SocketConnection socket, TlsClientOptions options);
