namespace PipeProxy.Transport;

/// <summary>Sizes that tests make tiny so that every byte crosses a boundary, and what may be used to move bytes.</summary>
internal sealed record TransportOptions
{
    /// <summary>The sizes that serve.</summary>
    internal static readonly TransportOptions Default = new();

    /// <summary>Each flush sends, and each packet is told: what systems without an io_uring and slow bodies get.</summary>
    internal static readonly TransportOptions AtOnce = new() { HeldBytes = 0, BatchBytes = 0, UsesRing = false };

    /// <summary>Bytes per block of an out-buffer. Default 16 KiB; 1 to 160 KiB.</summary>
    internal int BlockBytes { get; init; } = 16 * 1024;

    /// <summary>Bytes that one receive takes at most. Default: what the caller's buffer holds.</summary>
    internal int MaxReceiveBytes { get; init; } = int.MaxValue;

    /// <summary>A flush of fewer bytes completes at once and leaves them for the end of the round. Default 64 KiB; 0 sends with each flush.</summary>
    internal int HeldBytes { get; init; } = 64 * 1024;

    /// <summary>Of a large body that flows the system tells in batches of so many bytes. Default 64 KiB; 0 has it tell of each packet.</summary>
    internal int BatchBytes { get; init; } = 64 * 1024;

    /// <summary>Whether a round's sends and the wait behind it go to the system together, through an io_uring, where it has one. Default true.</summary>
    internal bool UsesRing { get; init; } = true;
}
