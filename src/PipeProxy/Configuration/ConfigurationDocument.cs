using System.Text;
using System.Text.Json;

namespace PipeProxy.Configuration;

/// <summary>Reads JSON with comments and trailing commas into a tree of values that know their line and column.</summary>
/// <remarks>A ref struct around the reader: tokens only move forward, so line and column are counted once over the file.</remarks>
internal ref struct ConfigurationDocument
{
    private const int MaxDepth = 64;

    private static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MaxDepth };

    private readonly string _file;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ICollection<ConfigurationError> _errors;
    private Utf8JsonReader _reader;
    private int _line;
    private int _lineStart;
    private int _counted;

    private ConfigurationDocument(string file, ReadOnlySpan<byte> bytes, ICollection<ConfigurationError> errors)
    {
        _file = file;
        _bytes = bytes;
        _errors = errors;
        _reader = new Utf8JsonReader(bytes, Options);
        _line = 1;
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">Its path as people know it, for positions.</param>
    /// <param name="bytes">UTF-8, with or without a byte order mark.</param>
    /// <param name="errors">Takes syntax errors and names given twice.</param>
    /// <returns>The root value, or null when the text is not JSON.</returns>
    internal static ConfigurationValue? Parse(string file, ReadOnlySpan<byte> bytes, ICollection<ConfigurationError> errors)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        var document = new ConfigurationDocument(file, bytes, errors);
        try
        {
            document._reader.Read();
            var root = document.ReadValue("");

            // The reader finds what stands behind the root only when it is asked once more.
            document._reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var source = new SourcePosition(file, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1);
            errors.Add(new ConfigurationError(source, "(file)", null, $"is not JSON: {WithoutPosition(e.Message)}"));
            return null;
        }
    }

    private ConfigurationValue ReadValue(string path)
    {
        var source = Position();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new ConfigurationValue(ConfigurationValueKind.Object, source, path);
                ReadMembers(members);
                return members;
            case JsonTokenType.StartArray:
                var elements = new ConfigurationValue(ConfigurationValueKind.Array, source, path);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    elements.Elements.Add(ReadValue($"{path}[{elements.Elements.Count}]"));
                }

                return elements;
            case JsonTokenType.String:
                return new ConfigurationValue(ConfigurationValueKind.Text, source, path) { Text = ReadText(source, path) };
            case JsonTokenType.Number:
                return new ConfigurationValue(ConfigurationValueKind.Number, source, path) { Text = Encoding.UTF8.GetString(_reader.ValueSpan) };
            case JsonTokenType.True or JsonTokenType.False:
                return new ConfigurationValue(ConfigurationValueKind.Boolean, source, path) { Text = _reader.GetBoolean() ? "true" : "false" };
            default:
                return new ConfigurationValue(ConfigurationValueKind.Null, source, path);
        }
    }

    private void ReadMembers(ConfigurationValue target)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var source = Position();
            var name = ReadText(source, target.Path);
            var path = target.PathOf(name);
            _reader.Read();
            var value = ReadValue(path);
            if (first.TryAdd(name, source.Line))
            {
                target.Members.Add(new ConfigurationMember(name, source, value));
            }
            else
            {
                _errors.Add(new ConfigurationError(source, path, value.Shown, $"is given twice, first on line {first[name]}; keep one"));
            }
        }
    }

    private readonly string ReadText(SourcePosition source, string path)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            _errors.Add(new ConfigurationError(source, path.Length == 0 ? "(file)" : path, null, "is not valid UTF-8 or holds half of a surrogate pair; save the file as UTF-8"));
            return "";
        }
    }

    private SourcePosition Position()
    {
        var token = (int)_reader.TokenStartIndex;
        while (_bytes[_counted..token].IndexOf((byte)'\n') is var end and >= 0)
        {
            _counted += end + 1;
            _lineStart = _counted;
            _line++;
        }

        _counted = token;
        return new SourcePosition(_file, _line, token - _lineStart + 1);
    }

    /// <summary>The reader ends its messages with a position counted from 0, which would contradict ours.</summary>
    private static string WithoutPosition(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.', ' ');
    }
}
