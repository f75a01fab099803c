namespace PipeProxy.Transport;

/// <summary>How an operation on a connection ended. What a peer can cause is one of these, never an exception.</summary>
internal enum IoStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The peer ended its side in order (FIN; over TLS with close_notify).</summary>
    End,

    /// <summary>The peer reset the connection, or sending failed because it had.</summary>
    Reset,

    /// <summary>Nobody listens at the address.</summary>
    Refused,

    /// <summary>No way to the address.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>Closed by us, or by one of our deadlines.</summary>
    Aborted,

    /// <summary>The peer sent a TLS alert that ends the connection.</summary>
    TlsAlert,

    /// <summary>FIN without close_notify: what came may be cut (RFC 8446 section 6.1).</summary>
    TlsTruncated,

    /// <summary>What came is not TLS as it should be.</summary>
    TlsProtocol,

    /// <summary>The peer's certificate was not accepted.</summary>
    TlsCertificate,

    /// <summary>There is no descriptor for the connection.</summary>
    NoDescriptor,

    /// <summary>The system refused, for example for want of memory.</summary>
    Failed,
}

/// <summary>Result of a receive or a send.</summary>
/// <param name="Bytes">Bytes read into the buffer, or sent.</param>
/// <param name="Status">How it ended; <see cref="IoStatus.Ok"/> is the only good one.</param>
internal readonly record struct IoResult(int Bytes, IoStatus Status)
{
    /// <summary>Whether <see cref="Status"/> is <see cref="IoStatus.Ok"/>.</summary>
    internal bool IsOk => Status == IoStatus.Ok;
}
