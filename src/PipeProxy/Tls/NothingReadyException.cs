namespace PipeProxy.Tls;

/// <summary>Crosses SslStream, which can be read again afterwards: there was nothing to read, and nobody was to wait. An <see cref="IOException"/>, because SslStream wraps all others.</summary>
internal sealed class NothingReadyException : IOException;
