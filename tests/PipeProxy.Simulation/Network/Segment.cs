namespace PipeProxy.Simulation.Network;

/// <summary>What a segment says to whom it reaches.</summary>
internal enum SegmentKind : byte
{
    Data,

    /// <summary>The sender ended its side in order (FIN).</summary>
    End,

    /// <summary>The sender, or something on the way, reset the connection (RST).</summary>
    Reset,

    /// <summary>The connection is there.</summary>
    Connected,

    /// <summary>Nobody listens.</summary>
    Refused,

    /// <summary>A client's connection, to be accepted.</summary>
    Incoming,

    /// <summary>There is room to send again.</summary>
    Room,
}

/// <summary>A piece on its way from one end of a <see cref="Wire"/> to the other.</summary>
internal sealed class Segment(SimulatedNetwork network) : Occurrence
{
    internal const int MaxBytes = 4096;

    private readonly byte[] _bytes = new byte[MaxBytes];

    internal SegmentKind Kind;
    internal Wire Wire = null!;
    internal bool ToProxy;
    internal int Start;
    internal int Length;

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(Start, Length);

    internal void Set(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes);
        (Start, Length) = (0, bytes.Length);
    }

    internal override void Happen(long now) => Wire.Arrive(this);

    internal void Release() => network.Return(this);
}
