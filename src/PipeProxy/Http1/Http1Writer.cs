using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PipeProxy.Http1;

/// <summary>Writes heads, chunk headers and trailers to a buffer writer, without allocating. Lives within one call.</summary>
/// <remarks><see cref="Commit"/> ends it: without it the last span is lost.</remarks>
internal ref struct Http1Writer
{
    // 19 digits of a long and room for its sign, or 16 hexadecimal digits.
    private const int MaxNumberLength = 20;

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _span;
    private int _written;

    /// <summary>Begins to write.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="sizeHint">Bytes expected; one span of this size takes the common head whole.</param>
    public Http1Writer(IBufferWriter<byte> output, int sizeHint = 512)
    {
        _output = output;
        _span = output.GetSpan(sizeHint);
    }

    /// <summary>Writes bytes as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= _span.Length - _written)
        {
            bytes.CopyTo(_span[_written..]);
            _written += bytes.Length;
            return;
        }

        WriteAcrossSpans(bytes);
    }

    /// <summary>Writes a decimal number of 0 or more.</summary>
    public void WriteNumber(long number)
    {
        EnsureNumberRoom();
        _ = Utf8Formatter.TryFormat(number, _span[_written..], out var length);
        _written += length;
    }

    /// <summary>Writes <c>METHOD SP target SP HTTP/1.1 CRLF</c>.</summary>
    public void WriteRequestLine(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        Write(method);
        Write(" "u8);
        Write(target);
        WriteRequestLineEnd();
    }

    /// <summary>Writes what follows a target: <c>SP HTTP/1.1 CRLF</c>.</summary>
    public void WriteRequestLineEnd() => Write(" HTTP/1.1\r\n"u8);

    /// <summary>Writes the status line of the origin's response: its code and reason, our version (RFC 9110 section 2.5).</summary>
    public void WriteStatusLine(ResponseHead head) => WriteStatusLine(head.StatusCode, head.Reason);

    /// <summary>Writes a status line with three digits and a reason, which may be empty.</summary>
    public void WriteStatusLine(int code, ReadOnlySpan<byte> reason)
    {
        Debug.Assert(code is >= 100 and <= 999, "A status code has three digits.");
        Write("HTTP/1.1 "u8);
        WriteNumber(code);
        Write(" "u8);
        Write(reason);
        WriteLineEnd();
    }

    /// <summary>Writes one field line. The caller vouches that neither part holds CR or LF.</summary>
    public void WriteField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Debug.Assert(!value.ContainsAny(Grammar.Control) && Grammar.IsToken(name), "A field line of our own is valid.");
        Write(name);
        Write(": "u8);
        Write(value);
        WriteLineEnd();
    }

    /// <summary>Writes one field line with a number.</summary>
    public void WriteField(ReadOnlySpan<byte> name, long value)
    {
        Write(name);
        Write(": "u8);
        WriteNumber(value);
        WriteLineEnd();
    }

    /// <summary>Writes the field that a message framed like this needs: Content-Length, Transfer-Encoding, or none.</summary>
    /// <remarks>A response to HEAD and a 304 keep the Content-Length that they describe.</remarks>
    public void WriteFraming(in MessageFraming framing)
    {
        if (framing.Kind == FramingKind.Chunked)
        {
            Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (framing is { Kind: FramingKind.Length or FramingKind.None, Length: >= 0 })
        {
            WriteField("Content-Length"u8, framing.Length);
        }
    }

    /// <summary>Copies field lines in order with duplicates, but those that the filter drops and those that Connection nominates.</summary>
    /// <remarks>Neighbours that stand on the wire as they would be written are copied as one block.</remarks>
    public void CopyEndToEndFields(FieldTable fields, in FieldFilter filter)
    {
        var block = fields.Block;
        var (runStart, runEnd) = (0, 0);
        for (var i = 0; i < fields.Count; i++)
        {
            ref readonly var line = ref fields[i];
            if (line.IsNominated || filter.Drops(line.Known))
            {
                continue;
            }

            if (line.Name.Start != runEnd)
            {
                Write(block[runStart..runEnd]);
                (runStart, runEnd) = (line.Name.Start, line.Name.Start);
            }

            // "name: value" CRLF, nothing trimmed off.
            var isExact = line.Value.Start == line.Name.End + 2 && block.Length >= line.Value.End + 2
                && block[line.Name.End + 1] == (byte)' ' && block[line.Value.End] == (byte)'\r';
            if (isExact)
            {
                runEnd = line.Value.End + 2;
                continue;
            }

            Write(block[runStart..runEnd]);
            (runStart, runEnd) = (0, 0);
            WriteField(line.Name.In(block), line.Value.In(block));
        }

        Write(block[runStart..runEnd]);
    }

    /// <summary>Writes CRLF: the end of a line, of a head, of chunk data, or of the trailer section.</summary>
    public void WriteLineEnd() => Write("\r\n"u8);

    /// <summary>Writes a chunk's size and CRLF; its data and <see cref="WriteLineEnd"/> follow. The size is not 0.</summary>
    public void WriteChunkHeader(long size)
    {
        Debug.Assert(size > 0, "A chunk of size 0 ends the body: WriteLastChunk.");
        EnsureNumberRoom();
        _ = Utf8Formatter.TryFormat(size, _span[_written..], out var length, new StandardFormat('x'));
        _written += length;
        WriteLineEnd();
    }

    /// <summary>Writes <c>0 CRLF</c>; trailer fields and <see cref="WriteLineEnd"/> follow.</summary>
    public void WriteLastChunk() => Write("0\r\n"u8);

    /// <summary>Hands what was written to the output. The writer may be used on.</summary>
    public void Commit()
    {
        if (_written > 0)
        {
            _output.Advance(_written);
        }

        _span = default;
        _written = 0;
    }

    private void EnsureNumberRoom()
    {
        if (_span.Length - _written < MaxNumberLength)
        {
            Refill(MaxNumberLength);
        }
    }

    private void WriteAcrossSpans(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var length = Math.Min(bytes.Length, _span.Length - _written);
            bytes[..length].CopyTo(_span[_written..]);
            _written += length;
            bytes = bytes[length..];
            if (bytes.IsEmpty)
            {
                return;
            }

            Refill(1);
        }
    }

    private void Refill(int atLeast)
    {
        Commit();
        _span = _output.GetSpan(atLeast);
    }
}
