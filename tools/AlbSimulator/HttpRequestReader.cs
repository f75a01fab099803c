using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AlbSimulator;

/// <summary>Reads HTTP/1.1 requests off a connection, strictly: what an intermediary could read in two ways is refused.</summary>
/// <remarks>Written for this tool alone. A tool that shared its parser with the proxy would share its mistakes.</remarks>
internal sealed class HttpRequestReader(Func<byte[], int> receive)
{
    private const int MaxHeadBytes = 80 * 1024;
    private const int MaxTrailerBytes = 16 * 1024;

    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Bytes of the next request are at hand.</summary>
    public bool HasBuffered => _start < _end;

    /// <summary>Null: the client ended the connection between two requests.</summary>
    public HttpRequest? ReadHead()
    {
        int budget = MaxHeadBytes;
        string? line = ReadLine(ref budget, endAllowed: true);

        // RFC 9112 section 2.2: an empty line before the request line is skipped.
        if (line is { Length: 0 })
        {
            line = ReadLine(ref budget, endAllowed: true);
        }

        if (line is null)
        {
            return null;
        }

        string[] parts = line.Split(' ');
        if (parts.Length != 3 || !IsToken(parts[0]) || parts[1].Length == 0)
        {
            throw new BadRequestException(400, "The request line is malformed.");
        }

        if (parts[2] is not ("HTTP/1.1" or "HTTP/1.0"))
        {
            throw new BadRequestException(505, "Only HTTP/1.1 and HTTP/1.0 are served.");
        }

        var fields = ReadFields(ref budget);
        int minorVersion = parts[2][^1] - '0';
        return new HttpRequest
        {
            Method = parts[0],
            Target = parts[1],
            MinorVersion = minorVersion,
            Fields = fields,
            ContentLength = LengthOf(fields, minorVersion),
        };
    }

    /// <summary>Reads the body to its end and puts its length and hash into the request.</summary>
    public void ReadBody(HttpRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        request.BodyLength = request.ContentLength is { } length ? ReadBytes(length, hash) : ReadChunks(hash);
        request.BodySha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private List<(string Name, string Value)> ReadFields(ref int budget)
    {
        List<(string Name, string Value)> fields = [];
        while (ReadLine(ref budget, endAllowed: false) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':');
            if (colon <= 0 || !IsToken(line.AsSpan(0, colon)))
            {
                throw new BadRequestException(400, "A field line is malformed.");
            }

            fields.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return fields;
    }

    /// <summary>RFC 9112 section 6.3 for requests. Null: chunked.</summary>
    private static long? LengthOf(List<(string Name, string Value)> fields, int minorVersion)
    {
        string[] ValuesOf(string name) =>
            [.. fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

        if (ValuesOf("Host").Length != 1 && minorVersion >= 1)
        {
            throw new BadRequestException(400, "Exactly one Host field is needed (RFC 9112 section 3.2).");
        }

        var codings = ValuesOf("Transfer-Encoding");
        var lengths = ValuesOf("Content-Length");
        if (codings.Length > 0)
        {
            if (lengths.Length > 0 || minorVersion < 1)
            {
                throw new BadRequestException(400, "Transfer-Encoding beside Content-Length, or in HTTP/1.0.");
            }

            return codings is [var coding] && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw new BadRequestException(501, "The only transfer coding served is chunked.");
        }

        return lengths switch
        {
            [] => 0,
            [var value] when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length) => length,
            _ => throw new BadRequestException(400, "Content-Length is malformed or repeated."),
        };
    }

    private long ReadChunks(IncrementalHash hash)
    {
        for (long total = 0; ;)
        {
            int budget = 4096;
            string line = ReadLine(ref budget, endAllowed: false)!;
            string size = line.Split(';')[0].Trim(' ', '\t');
            if (size.Length is 0 or > 15 || !long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long length))
            {
                throw new BadRequestException(400, "A chunk size is malformed.");
            }

            if (length == 0)
            {
                int trailerBudget = MaxTrailerBytes;
                ReadFields(ref trailerBudget);
                return total;
            }

            total += ReadBytes(length, hash);
            if (ReadByte() != '\r' || ReadByte() != '\n')
            {
                throw new BadRequestException(400, "A chunk does not end where its size says.");
            }
        }
    }

    private long ReadBytes(long length, IncrementalHash hash)
    {
        for (long left = length; left > 0;)
        {
            if (_start == _end && !Fill())
            {
                throw new EndOfStreamException("The client ended the connection inside a body.");
            }

            int take = (int)Math.Min(left, _end - _start);
            hash.AppendData(_buffer, _start, take);
            _start += take;
            left -= take;
        }

        return length;
    }

    private byte ReadByte() =>
        _start < _end || Fill() ? _buffer[_start++] : throw new EndOfStreamException("The client ended the connection inside a body.");

    /// <summary>One line without its CRLF. Null: the connection ended before its first byte.</summary>
    private string? ReadLine(ref int budget, bool endAllowed)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !Fill())
            {
                return endAllowed && line.Length == 0 ? null : throw new EndOfStreamException("The client ended the connection inside a head.");
            }

            if (--budget < 0)
            {
                throw new BadRequestException(431, "The head is too large.");
            }

            char c = (char)_buffer[_start++];
            bool ended = line.Length > 0 && line[^1] == '\r';
            if (c == '\n' && ended)
            {
                line.Length--;
                return line.ToString();
            }

            if (ended || c is '\n' or '\0')
            {
                throw new BadRequestException(400, "A bare CR, a bare LF or a NUL in the head.");
            }

            line.Append(c);
        }
    }

    private bool Fill()
    {
        _start = 0;
        _end = Math.Max(0, receive(_buffer));
        return _end > 0;
    }

    private static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);
}
