using System.Buffers;

namespace PipeProxy.Http1;

/// <summary>The byte sets of the grammar, as vectorised searches.</summary>
internal static class Grammar
{
    /// <summary>tchar (RFC 9110 section 5.6.2).</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>
    /// What may stand in a target: every visible ASCII character but <c>#</c>. That is the URI grammar plus <c>" &lt; &gt; [ ] ^ ` { | }</c> and,
    /// in the query only, <c>\</c>. Browsers send most of these unescaped, and JSON in a query comes from many clients;
    /// nginx, HAProxy and YARP pass them too. None of them ends a request line or separates path segments.
    /// </summary>
    public static readonly SearchValues<byte> Target = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>What may not stand in a field value or reason phrase: control characters but HTAB (RFC 9110 section 5.5). CR is among them.</summary>
    public static readonly SearchValues<byte> Control = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\n\u000b\u000c\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f"u8);

    /// <summary>What may stand in a registered name as Host: unreserved, sub-delims without the comma (a list would be two hosts), percent (RFC 3986 section 3.2.2).</summary>
    public static readonly SearchValues<byte> RegisteredName = SearchValues.Create(
        "!$%&'()*+-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"u8);

    /// <summary>Digits, colons and dots of an IPv6 address; no zone (RFC 9110 section 4.2 knows none).</summary>
    public static readonly SearchValues<byte> Ipv6 = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    public static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t';

    public static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    public static bool IsToken(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAnyExcept(Token);

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    public static int HexValue(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };

    /// <summary>Takes optional white space (RFC 9110 section 5.6.3) off both ends of a range.</summary>
    public static ByteRange Trim(ReadOnlySpan<byte> block, int start, int end)
    {
        while (start < end && IsSpace(block[start]))
        {
            start++;
        }

        while (end > start && IsSpace(block[end - 1]))
        {
            end--;
        }

        return new ByteRange(start, end - start);
    }
}
