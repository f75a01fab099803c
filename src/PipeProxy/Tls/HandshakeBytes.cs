namespace PipeProxy.Tls;

/// <summary>The plain beginning of a handshake in one direction, kept as it came so that a failure can be explained: nobody reads it when there is none.</summary>
/// <remarks>
/// In TLS 1.3 a hello of some hundred bytes each way; in TLS 1.2 the origin's certificates too. It lives as long as the connection, because a certificate may be
/// refused long after the handshake. <see cref="HandshakeObserver"/> reads it.
/// </remarks>
internal struct HandshakeBytes
{
    // What is larger is not explained: a chain of certificates is a few KiB.
    private const int MaxBytes = 16 * 1024;

    private byte[]? _bytes;

    internal readonly ReadOnlySpan<byte> Span => _bytes;

    internal void Keep(ReadOnlySpan<byte> bytes)
    {
        var kept = _bytes?.Length ?? 0;
        var taken = Math.Min(bytes.Length, MaxBytes - kept);
        if (taken > 0)
        {
            // Exactly as much as there is: a flight comes in one piece or two.
            Array.Resize(ref _bytes, kept + taken);
            bytes[..taken].CopyTo(_bytes.AsSpan(kept));
        }
    }
}
