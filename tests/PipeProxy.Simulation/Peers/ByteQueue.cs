namespace PipeProxy.Simulation.Peers;

/// <summary>Bytes that have come and wait to be understood.</summary>
internal sealed class ByteQueue
{
    private byte[] _bytes = new byte[512];
    private int _start;
    private int _end;

    internal int Length => _end - _start;

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start, _end - _start);

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (_end + bytes.Length > _bytes.Length)
        {
            var larger = _end - _start + bytes.Length > _bytes.Length / 2 ? new byte[Math.Max(_bytes.Length * 2, (_end - _start + bytes.Length) * 2)] : _bytes;
            Bytes.CopyTo(larger);
            (_bytes, _start, _end) = (larger, 0, _end - _start);
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    internal void Drop(int bytes)
    {
        _start += bytes;
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
    }
}
