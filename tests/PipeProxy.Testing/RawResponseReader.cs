using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PipeProxy.Testing;

/// <summary>Reads responses by RFC 9112, strictly, and on purpose without a line of the product's parser: an oracle of its own.</summary>
internal sealed partial class RawResponseReader(Func<Memory<byte>, ValueTask<int>> receive)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Bytes received beyond what was asked for.</summary>
    internal int Buffered => _end - _start;

    /// <summary>Reads one response; the body's end is by RFC 9112 section 6.3.</summary>
    internal async Task<RawResponse> ReadAsync(bool isHead)
    {
        string statusLine = await ReadLineAsync();
        Match match = StatusLine().Match(statusLine);
        if (!match.Success)
        {
            throw new RawClientException($"Not a status line: {Shown(statusLine)}");
        }

        int status = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        List<KeyValuePair<string, string>> fields = await ReadFieldsAsync();
        List<KeyValuePair<string, string>> trailers = [];
        string[] codings = Values(fields, "Transfer-Encoding");
        string[] lengths = Values(fields, "Content-Length");
        if (codings.Length + lengths.Length > 1)
        {
            throw new RawClientException($"The response has {codings.Length} Transfer-Encoding and {lengths.Length} Content-Length lines; one at most is sound.");
        }

        byte[] body = [];
        if (isHead || status is (>= 100 and < 200) or 204 or 304)
        {
            // No content, whatever the fields say (rule 1).
        }
        else if (codings.Length == 1)
        {
            if (!string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase))
            {
                throw new RawClientException($"Transfer-Encoding: {codings[0]}");
            }

            body = await ReadChunkedAsync();
            trailers = await ReadFieldsAsync();
        }
        else if (lengths.Length == 1)
        {
            if (!long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out long length) || length > int.MaxValue)
            {
                throw new RawClientException($"Content-Length: {lengths[0]}");
            }

            body = await ReadExactlyAsync((int)length);
        }
        else
        {
            using MemoryStream content = new();
            await CopyToEndAsync(content);
            body = content.ToArray();
        }

        return new RawResponse(match.Groups[1].Value, status, match.Groups[3].Value, fields, body, trailers);
    }

    /// <summary>Copies everything until the orderly end.</summary>
    internal async Task CopyToEndAsync(MemoryStream destination)
    {
        do
        {
            destination.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync());
    }

    private async Task<byte[]> ReadChunkedAsync()
    {
        using MemoryStream body = new();
        while (true)
        {
            string line = await ReadLineAsync();
            Match size = ChunkSize().Match(line);
            if (!size.Success)
            {
                throw new RawClientException($"Not a chunk size: {Shown(line)}");
            }

            int length = int.Parse(size.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                return body.ToArray();
            }

            body.Write(await ReadExactlyAsync(length));
            if (await ReadLineAsync() is { Length: > 0 } rest)
            {
                throw new RawClientException($"Chunk data runs on: {Shown(rest)}");
            }
        }
    }

    private async Task<List<KeyValuePair<string, string>>> ReadFieldsAsync()
    {
        List<KeyValuePair<string, string>> fields = [];
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            Match field = FieldLine().Match(line);
            if (!field.Success)
            {
                throw new RawClientException($"Not a field line: {Shown(line)}");
            }

            fields.Add(new(field.Groups[1].Value, field.Groups[2].Value));
        }

        return fields;
    }

    private async Task<string> ReadLineAsync()
    {
        StringBuilder line = new();
        while (true)
        {
            while (_start < _end)
            {
                char c = (char)_buffer[_start++];
                if (c == '\n')
                {
                    if (line.Length == 0 || line[^1] != '\r')
                    {
                        throw new RawClientException($"A line ends without CR: {Shown(line.ToString())}");
                    }

                    return line.ToString(0, line.Length - 1);
                }

                line.Append(c);
            }

            if (!await FillAsync())
            {
                throw new RawClientException($"The connection ended within a message's lines, after: {Shown(line.ToString())}");
            }
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int length)
    {
        byte[] bytes = new byte[length];
        int filled = 0;
        while (true)
        {
            int part = Math.Min(_end - _start, length - filled);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(filled));
            _start += part;
            filled += part;
            if (filled == length)
            {
                return bytes;
            }

            if (!await FillAsync())
            {
                throw new RawClientException($"The connection ended after {filled} of {length} body bytes.");
            }
        }
    }

    private async ValueTask<bool> FillAsync()
    {
        _start = 0;
        _end = 0;
        _end = await receive(_buffer);
        return _end > 0;
    }

    private static string[] Values(List<KeyValuePair<string, string>> fields, string name) =>
        [.. fields.Where(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

    private static string Shown(string text) => '"' + text.Replace("\r", "\\r", StringComparison.Ordinal) + '"';

    // RFC 9112 section 4; the space before an empty reason phrase is required.
    [GeneratedRegex("^(HTTP/1\\.[01]) ([1-9][0-9]{2}) ([\\t \\x21-\\x7E\\x80-\\xFF]*)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex StatusLine();

    // RFC 9112 section 5; field-name is a token of RFC 9110 section 5.6.2.
    [GeneratedRegex("^([!#$%&'*+\\-.^_`|~0-9A-Za-z]+):[ \\t]*((?:[\\x21-\\x7E\\x80-\\xFF](?:[\\t \\x21-\\x7E\\x80-\\xFF]*[\\x21-\\x7E\\x80-\\xFF])?)?)[ \\t]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldLine();

    // RFC 9112 section 7.1, without extensions: the proxy re-emits the framing and has none to send.
    [GeneratedRegex("^([0-9A-Fa-f]{1,7})\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ChunkSize();
}
