using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Carries what became of the socket through SslStream, which knows only exceptions; caught again in this folder.</summary>
internal sealed class TransportException(IoStatus status) : IOException($"The connection ended: {status}.")
{
    internal IoStatus Status => status;
}
