using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace PipeProxy.Telemetry;

/// <summary>Writes one line into given room, escaping what peers sent. What does not fit sets <see cref="Overflowed"/>; the rest is ignored.</summary>
/// <remarks>
/// In JSON (RFC 8259 section 7) valid UTF-8 stays as it is, except for controls (C0, DEL, C1, which a terminal may obey) and the line
/// separators U+2028 and U+2029; a byte that is not valid UTF-8 becomes <c>\u00XX</c>, its reading as Latin-1. In the combined format
/// every byte outside of printable ASCII, the quote and the backslash become <c>\xXX</c>, as nginx writes them.
/// </remarks>
internal ref struct LogLine(Span<byte> room)
{
    /// <summary>Printable ASCII without the quote and the backslash: the same in both formats.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private Span<byte> _room = room;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The room was too small; the line must not be used.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Writes <paramref name="bytes"/> as they are.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_room[Length..]))
        {
            Length += bytes.Length;
        }
        else
        {
            Overflow();
        }
    }

    /// <summary>Writes a number in decimal digits.</summary>
    public void AppendNumber(long value)
    {
        if (Utf8Formatter.TryFormat(value, _room[Length..], out var written))
        {
            Length += written;
        }
        else
        {
            Overflow();
        }
    }

    /// <summary>Writes a number of exactly three digits.</summary>
    public void AppendThreeDigits(int value)
        => Append([(byte)('0' + (value / 100 % 10)), (byte)('0' + (value / 10 % 10)), (byte)('0' + (value % 10))]);

    /// <summary>Writes the inside of a JSON string.</summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="limit">Most bytes to write, escaped; what is cut off leaves an ellipsis.</param>
    public void AppendJson(scoped ReadOnlySpan<byte> text, int limit) => TryAppendJson(text, Length + limit);

    /// <inheritdoc cref="AppendJson(ReadOnlySpan{byte}, int)"/>
    public void AppendJson(string text, int limit)
    {
        var end = Length + limit;
        ReadOnlySpan<char> rest = text;
        Span<byte> chunk = stackalloc byte[256];
        while (!rest.IsEmpty)
        {
            Utf8.FromUtf16(rest, chunk, out var read, out var written);
            if (!TryAppendJson(chunk[..written], end))
            {
                return;
            }

            rest = rest[read..];
        }
    }

    /// <summary>Writes the inside of a quoted string of the combined format.</summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="limit">Most bytes to write, escaped; what is cut off leaves three dots.</param>
    public void AppendCombined(scoped ReadOnlySpan<byte> text, int limit)
    {
        var end = Length + limit;
        while (!text.IsEmpty)
        {
            var run = PlainLength(text);
            var length = Math.Max(run, 1);
            if (run == 0 ? end - Length < 4 : end - Length < run)
            {
                Append(text[..Math.Min(run, end - Length)]);
                Append("..."u8);
                return;
            }

            if (run == 0)
            {
                Append([(byte)'\\', (byte)'x', Hex(text[0] >> 4, 'A'), Hex(text[0] & 15, 'A')]);
            }
            else
            {
                Append(text[..run]);
            }

            text = text[length..];
        }
    }

    private bool TryAppendJson(scoped ReadOnlySpan<byte> text, int end)
    {
        while (!text.IsEmpty)
        {
            var run = PlainLength(text);
            if (run == 0 ? end - Length < 6 : end - Length < run)
            {
                Append(text[..Math.Min(run, end - Length)]);
                Append("…"u8);
                return false;
            }

            Append(text[..run]);
            text = run == 0 ? text[AppendJsonSpecial(text)..] : text[run..];
        }

        return true;
    }

    /// <summary>Writes the first character, which is not plain ASCII; returns how many bytes it had.</summary>
    private int AppendJsonSpecial(scoped ReadOnlySpan<byte> text)
    {
        var first = text[0];
        if (first is (byte)'"' or (byte)'\\')
        {
            Append([(byte)'\\', first]);
            return 1;
        }

        if (first < 0x80 || Rune.DecodeFromUtf8(text, out var rune, out var length) != OperationStatus.Done)
        {
            AppendJsonEscape(first);
            return 1;
        }

        if (rune.Value is < 0xA0 or 0x2028 or 0x2029)
        {
            AppendJsonEscape(rune.Value);
        }
        else
        {
            Append(text[..length]);
        }

        return length;
    }

    private void AppendJsonEscape(int value)
        => Append([(byte)'\\', (byte)'u', Hex(value >> 12, 'a'), Hex((value >> 8) & 15, 'a'), Hex((value >> 4) & 15, 'a'), Hex(value & 15, 'a')]);

    private void Overflow()
    {
        Overflowed = true;
        _room = _room[..Length];
    }

    private static int PlainLength(scoped ReadOnlySpan<byte> text)
    {
        var length = text.IndexOfAnyExcept(Plain);
        return length < 0 ? text.Length : length;
    }

    private static byte Hex(int digit, char ten) => (byte)(digit < 10 ? '0' + digit : ten + digit - 10);
}
