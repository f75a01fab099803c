namespace PipeProxy.Telemetry;

/// <summary>Half of a loop's room for log lines: filled by the loop, emptied by the writer, without a lock.</summary>
/// <remarks>
/// The loop alone makes it full, the writer alone makes it free again. The loop publishes a length after the bytes below it, so the
/// writer may take what is published while the loop goes on; it never touches bytes above that.
/// </remarks>
internal sealed class AccessLogSegment(int size)
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size);
    private int _published;
    private int _taken;
    private bool _full;

    /// <summary>Loop: bytes published.</summary>
    public int Length => _published;

    /// <summary>Loop: the room that is left.</summary>
    public Span<byte> Room => _bytes.AsSpan(_published);

    /// <summary>Loop: a line of <paramref name="length"/> bytes is complete. True when the segment became half full by it.</summary>
    public bool Publish(int length)
    {
        var before = _published;
        Volatile.Write(ref _published, before + length);
        return before < _bytes.Length / 2 && before + length >= _bytes.Length / 2;
    }

    /// <summary>Loop: the writer is done with it, it may be filled.</summary>
    public bool IsFree => !Volatile.Read(ref _full);

    /// <summary>Loop: nothing more comes into it until it is free again.</summary>
    public void End() => Volatile.Write(ref _full, true);

    /// <summary>Writer: what is published and not taken yet. True when the segment is free again: continue with the other one.</summary>
    public bool Drain(AccessLogFile file)
    {
        // This first: once it is full the published length is final.
        var full = Volatile.Read(ref _full);
        var published = Volatile.Read(ref _published);
        if (published > _taken)
        {
            file.WriteEntries(_bytes.AsSpan(_taken, published - _taken));
            _taken = published;
        }

        if (full)
        {
            _taken = 0;
            _published = 0;
            Volatile.Write(ref _full, false);
        }

        return full;
    }
}
