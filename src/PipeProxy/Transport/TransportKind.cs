namespace PipeProxy.Transport;

/// <summary>What moves a loop's bytes.</summary>
public enum TransportKind
{
    /// <summary><see cref="Epoll"/> on Linux, else <see cref="Sockets"/>.</summary>
    Default,

    /// <summary>Non-blocking sockets and one edge-triggered epoll per loop. Linux on x86-64 and arm64.</summary>
    Epoll,

    /// <summary>System.Net.Sockets, everywhere; about twice the CPU per request.</summary>
    Sockets,
}
