namespace PipeProxy.LoadTest.Load;

/// <summary>At which stage a request was lost without an answer. The names are those of the result's <c>errors.socket</c>.</summary>
internal enum SocketErrorKind
{
    /// <summary>No TCP connection.</summary>
    Connect,

    /// <summary>No TLS connection, or one that an alert or a fault of TLS ended.</summary>
    Tls,

    /// <summary>The connection ended before the answer did.</summary>
    Read,

    /// <summary>The request could not be sent.</summary>
    Write,

    /// <summary>No whole answer within <c>--timeout</c>.</summary>
    Timeout,
}
