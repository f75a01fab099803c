namespace PipeProxy.Transport;

/// <summary>Sizes that tests make tiny so that every byte crosses a boundary.</summary>
internal sealed record TransportOptions
{
    /// <summary>The sizes that serve.</summary>
    internal static readonly TransportOptions Default = new();

    /// <summary>Bytes per block of an out-buffer. Default 16 KiB; 1 to 160 KiB.</summary>
    internal int BlockBytes { get; init; } = 16 * 1024;

    /// <summary>Bytes that one receive takes at most. Default: what the caller's buffer holds.</summary>
    internal int MaxReceiveBytes { get; init; } = int.MaxValue;
}
