using System.Buffers;

namespace PipeProxy.Routing;

/// <summary>Writes URL bytes into a span that is known to be long enough, encoding by where they come from.</summary>
internal ref struct UrlTemplateWriter(Span<byte> buffer)
{
    // unreserved: RFC 3986 section 2.3
    private static readonly SearchValues<byte> Unreserved = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);

    // pchar without percent-encoded octets, and the slash of a tail: RFC 3986 section 3.3
    private static readonly SearchValues<byte> PathCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/"u8);

    private readonly Span<byte> _buffer = buffer;

    internal int Length { get; private set; }

    internal readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <summary>As is.</summary>
    internal void WriteRaw(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Takes a slash at the end back, down to <paramref name="start"/>.</summary>
    internal void TrimSlash(int start)
    {
        if (Length > start && _buffer[Length - 1] == '/')
        {
            Length--;
        }
    }

    /// <summary>Bytes of a path into a path: what was encoded stays so, what was plain and legal too.</summary>
    internal void WritePathData(scoped ReadOnlySpan<byte> bytes) => Write(bytes, PathCharacters, keepsTriplets: true, plusIsSpace: false);

    /// <summary>Bytes of a URL as data: what was encoded stays so.</summary>
    internal void WriteUrlData(scoped ReadOnlySpan<byte> bytes) => Write(bytes, Unreserved, keepsTriplets: true, plusIsSpace: false);

    /// <summary>A value of a query as data: a plus sign is a space there.</summary>
    internal void WriteFormData(scoped ReadOnlySpan<byte> bytes) => Write(bytes, Unreserved, keepsTriplets: true, plusIsSpace: true);

    /// <summary>Bytes that were never encoded, as data.</summary>
    internal void WriteData(scoped ReadOnlySpan<byte> bytes) => Write(bytes, Unreserved, keepsTriplets: false, plusIsSpace: false);

    private void Write(scoped ReadOnlySpan<byte> bytes, SearchValues<byte> plain, bool keepsTriplets, bool plusIsSpace)
    {
        while (true)
        {
            var run = bytes.IndexOfAnyExcept(plain);
            WriteRaw(run < 0 ? bytes : bytes[..run]);
            if (run < 0)
            {
                return;
            }

            if (keepsTriplets && PathBytes.TryTriplet(bytes, run, out _))
            {
                WriteRaw(bytes.Slice(run, 3));
                bytes = bytes[(run + 3)..];
                continue;
            }

            var octet = plusIsSpace && bytes[run] == '+' ? (byte)' ' : bytes[run];
            _buffer[Length++] = (byte)'%';
            _buffer[Length++] = PathBytes.HexDigit(octet >> 4);
            _buffer[Length++] = PathBytes.HexDigit(octet & 15);
            bytes = bytes[(run + 1)..];
        }
    }
}
