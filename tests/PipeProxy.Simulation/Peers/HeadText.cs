using System.Buffers.Text;

namespace PipeProxy.Simulation.Peers;

/// <summary>Reads a message's head as simply as can be: the parser under test is not asked about itself.</summary>
internal readonly ref struct HeadText(ReadOnlySpan<byte> head)
{
    private readonly ReadOnlySpan<byte> _head = head;

    /// <summary>The start line, without its end.</summary>
    internal ReadOnlySpan<byte> StartLine => _head[.._head.IndexOf("\r\n"u8)];

    /// <summary>Bytes of the head at the front, its end included; 0 when it is not there whole.</summary>
    internal static int LengthIn(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        return end < 0 ? 0 : end + 4;
    }

    /// <summary>A field's number; -1 when it is not there.</summary>
    /// <param name="field">CRLF, the name as it is written, a colon and a space.</param>
    internal int Number(ReadOnlySpan<byte> field)
    {
        var at = _head.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(_head[(at + field.Length)..], out int number, out _) ? number : -1;
    }

    internal bool Has(ReadOnlySpan<byte> text) => _head.IndexOf(text) >= 0;
}
