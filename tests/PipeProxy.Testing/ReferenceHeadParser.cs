using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <summary>The grammar once more, one byte after the other and with exceptions: slow, plain, and what the parser's vectors are measured by.</summary>
internal sealed class ReferenceHeadParser
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly byte[] _wire;
    private readonly HeadLimits _limits;
    private readonly bool _isResponse;
    private readonly List<(string Name, string Value)> _fields = [];
    private int _position;
    private int _line;
    private int _fieldsStart;
    private string _start = "";
    private int _minor;

    private ReferenceHeadParser(byte[] wire, bool isResponse, HeadLimits limits)
    {
        _wire = wire;
        _isResponse = isResponse;
        _limits = limits;
    }

    /// <summary>What these bytes come to, and in words what the head says when it is whole.</summary>
    public static (ParseStatus Status, Http1Rejection Rejection, string Head) Read(byte[] wire, bool isResponse, HeadLimits limits)
    {
        var parser = new ReferenceHeadParser(wire, isResponse, limits);
        try
        {
            parser.ReadHead();
            return (ParseStatus.Done, Http1Rejection.None, Describe(parser._start, parser._minor, parser._position, parser._fields));
        }
        catch (Refused refused)
        {
            return (refused.Rejection == Http1Rejection.None ? ParseStatus.NeedMore : ParseStatus.Rejected, refused.Rejection, "");
        }
    }

    /// <summary>The words for a head that the parser has read.</summary>
    public static string Describe(MessageHead head)
    {
        var start = head switch
        {
            RequestHead request => $"{Text(request.MethodSpan)} {Text(request.Target)}",
            ResponseHead response => $"{response.StatusCode} {Text(response.Reason)}",
            _ => "",
        };
        var fields = Enumerable.Range(0, head.Fields.Count).Select(i => (Text(head.Fields.NameOf(i)), Text(head.Fields.ValueOf(i))));
        return Describe(start, head.MinorVersion, head.Length, fields);
    }

    private static string Describe(string start, int minor, int length, IEnumerable<(string Name, string Value)> fields)
        => $"{start}|1.{minor}|{length}|" + string.Join('\n', fields.Select(field => $"{field.Name}={field.Value}"));

    private void ReadHead()
    {
        if (_isResponse)
        {
            ReadStatusLine();
        }
        else
        {
            ReadRequestLine();
        }

        _fieldsStart = _position;
        while (ReadField())
        {
        }

        if (!_isResponse)
        {
            CheckHost();
        }

        CheckConnection();
    }

    private void ReadRequestLine()
    {
        if (At(_position) == '\r')
        {
            Expect(At(_position + 1) == '\n', Http1Rejection.BareCarriageReturn);
            _position = _line = 2;
        }

        while (IsToken(StartLineByte()))
        {
            _position++;
        }

        var b = StartLineByte();
        Expect(_position > _line || b != '\n', Http1Rejection.BareLineFeed);
        Expect(_position > _line, Http1Rejection.MethodMalformed);
        Expect(b is not '\r' and not '\n', Http1Rejection.TargetMissing);
        Expect(b == ' ', Http1Rejection.MethodMalformed);
        var method = Encoding.Latin1.GetString(_wire, _line, _position - _line);

        var target = ++_position;
        while (StartLineByte() is > ' ' and < '\u007f' and not '#')
        {
            _position++;
        }

        b = StartLineByte();
        Expect(b != '#', Http1Rejection.TargetFragment);
        Expect(b is ' ' or '\r' or '\n', Http1Rejection.TargetCharacter);
        Expect(_position > target, Http1Rejection.TargetMissing);
        Expect(b == ' ', Http1Rejection.VersionMissing);
        var range = new ByteRange(target, _position - target);
        _position++;

        ReadVersion("\r\n", method == "PRI" ? Http1Rejection.Http2Preface : Http1Rejection.VersionNotServed);
        Expect(!method.Equals("CONNECT", StringComparison.OrdinalIgnoreCase) && !method.Equals("TRACE", StringComparison.OrdinalIgnoreCase), Http1Rejection.MethodNotServed);
        Expect(range.Length <= _limits.Target, Http1Rejection.TargetTooLong);
        var rejection = RequestTarget.Read(_wire, range, method == "OPTIONS" ? HttpMethodKind.Options : HttpMethodKind.Other, out _);
        Expect(rejection == Http1Rejection.None, rejection);
        _start = $"{method} {Encoding.Latin1.GetString(range.In(_wire))}";
    }

    private void ReadStatusLine()
    {
        ReadVersion(" ", Http1Rejection.VersionNotServed);
        var code = _position;
        for (var i = 0; i < 3; i++, _position++)
        {
            Expect(StartLineByte() is >= '0' and <= '9' && (i > 0 || StartLineByte() != '0'), Http1Rejection.StatusCodeMalformed);
        }

        Expect(StartLineByte() is ' ' or '\r', Http1Rejection.StatusCodeMalformed);
        _position += StartLineByte() == ' ' ? 1 : 0;
        var reason = _position;
        while (!IsControl(StartLineByte()))
        {
            _position++;
        }

        var b = StartLineByte();
        Expect(b != '\n', Http1Rejection.BareLineFeed);
        Expect(b == '\r', Http1Rejection.ReasonCharacter);
        _start = $"{Encoding.Latin1.GetString(_wire, code, 3)} {Encoding.Latin1.GetString(_wire, reason, _position - reason)}";
        _position++;
        Expect(StartLineByte() == '\n', Http1Rejection.BareCarriageReturn);
        _position++;
    }

    // A wrong byte of the pattern is found where it stands; another version only when all of it is there.
    private void ReadVersion(string ending, Http1Rejection otherVersion)
    {
        var start = _position;
        foreach (var expected in "HTTP/0.0")
        {
            var b = StartLineByte();
            Expect(expected == '0' ? b is >= '0' and <= '9' : b == expected, Http1Rejection.VersionMalformed);
            _position++;
        }

        foreach (var expected in ending)
        {
            var b = StartLineByte();
            Expect(b == expected || expected == '\n' || b != '\n', Http1Rejection.BareLineFeed);
            Expect(b == expected, expected == '\n' ? Http1Rejection.BareCarriageReturn : Http1Rejection.VersionMalformed);
            _position++;
        }

        Expect(_wire[start + 5] == '1' && _wire[start + 7] is (byte)'0' or (byte)'1', otherVersion);
        _minor = _wire[start + 7] - '0';
    }

    // False: that was the empty line.
    private bool ReadField()
    {
        _line = _position;
        var first = At(_position);
        if (!IsToken(first))
        {
            Expect(first != '\n', Http1Rejection.BareLineFeed);
            Expect(first is not ' ' and not '\t', _line == _fieldsStart ? Http1Rejection.LeadingSpace : Http1Rejection.LineFolding);
            Expect(first != ':', Http1Rejection.FieldNameEmpty);
            Expect(first == '\r', Http1Rejection.FieldNameCharacter);
            Expect(At(_position + 1) == '\n', Http1Rejection.BareCarriageReturn);
            _position += 2;
            return false;
        }

        while (IsToken(FieldByte()))
        {
            _position++;
        }

        var b = FieldByte();
        Expect(_fields.Count < _limits.FieldCount, Http1Rejection.TooManyFields);
        var name = Encoding.Latin1.GetString(_wire, _line, _position - _line);
        if (b is ' ' or '\t')
        {
            Expect(_isResponse, Http1Rejection.FieldNameSpace);
            while (FieldByte() is ' ' or '\t')
            {
                _position++;
            }

            Expect(FieldByte() == ':', Http1Rejection.FieldNameSpace);
        }

        Expect(b is not '\r' and not '\n', Http1Rejection.FieldColonMissing);
        Expect(FieldByte() == ':', Http1Rejection.FieldNameCharacter);
        var value = ++_position;
        while (!IsControl(FieldByte()))
        {
            _position++;
        }

        b = FieldByte();
        Expect(b != '\n', Http1Rejection.BareLineFeed);
        Expect(b == '\r', Http1Rejection.FieldValueCharacter);
        var text = Encoding.Latin1.GetString(_wire, value, _position - value).Trim(' ', '\t');
        _position++;
        Expect(FieldByte() == '\n', Http1Rejection.BareCarriageReturn);
        _position++;
        Expect(!IsFramingLookalike(name), Http1Rejection.FramingLookalike);
        _fields.Add((name, text));
        return true;
    }

    private void CheckHost()
    {
        var hosts = ValuesOf("Host");
        Expect(hosts.Count > 0 || _minor == 0, Http1Rejection.HostMissing);
        Expect(hosts.Count < 2, Http1Rejection.HostRepeated);
        Expect(hosts.All(host => Authority.IsValid(Encoding.Latin1.GetBytes(host))), Http1Rejection.HostMalformed);
    }

    private void CheckConnection()
    {
        var options = ValuesOf("Connection").SelectMany(value => value.Split(',')).Select(option => option.Trim(' ', '\t')).Where(option => option.Length > 0).ToList();
        Expect(options.Count <= 32 && options.All(option => option.All(IsToken)), Http1Rejection.ConnectionMalformed);
    }

    private List<string> ValuesOf(string name)
        => [.. _fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];

    private static bool IsFramingLookalike(string name)
    {
        var letters = string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        return letters is "CONTENTLENGTH" or "TRANSFERENCODING"
            && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsToken(char b) => TokenCharacters.Contains(b, StringComparison.Ordinal);

    private static bool IsControl(char b) => b is (< ' ' and not '\t') or '\u007f';

    // A line that has used up its limit is refused whatever comes next.
    private char StartLineByte()
    {
        Expect(_position - _line < _limits.RequestLine, Http1Rejection.RequestLineTooLong);
        return At(_position);
    }

    private char FieldByte()
    {
        var left = _limits.Fields - (_line - _fieldsStart);
        Expect(_position - _line < Math.Min(_limits.Field, left), _limits.Field <= left ? Http1Rejection.FieldTooLong : Http1Rejection.FieldsTooLarge);
        return At(_position);
    }

    private char At(int position)
    {
        Expect(position < _wire.Length, Http1Rejection.None);
        return (char)_wire[position];
    }

    private static void Expect(bool holds, Http1Rejection otherwise)
    {
        if (!holds)
        {
            throw new Refused(otherwise);
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    // None: more bytes are needed.
    private sealed class Refused(Http1Rejection rejection) : Exception
    {
        public Http1Rejection Rejection { get; } = rejection;
    }
}
