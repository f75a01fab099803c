namespace PipeProxy.Configuration;

/// <summary>A value of a configuration file that knows where it stands. A whole file is a tree of them.</summary>
/// <remarks>A tree and not a stream, so that one wrong key never hides the errors after it.</remarks>
internal sealed class ConfigurationValue
{
    private const int MaxShown = 200;

    internal ConfigurationValue(ConfigurationValueKind kind, SourcePosition? source, string path)
    {
        Kind = kind;
        Source = source;
        Path = path;
    }

    internal ConfigurationValueKind Kind { get; }

    /// <summary>Of the value's first byte; null for a flag of the command line.</summary>
    internal SourcePosition? Source { get; }

    /// <summary>From the file's root: <c>listeners[0].url</c>, <c>upstreams["https://a.example"].pool</c>; a flag's name. Empty for the root.</summary>
    internal string Path { get; }

    /// <summary>A string's text, a number or boolean as written; empty for the rest.</summary>
    internal string Text { get; init; } = "";

    /// <summary>Of an object, in file order; of a name given twice only the first.</summary>
    internal List<ConfigurationMember> Members { get; } = [];

    /// <summary>Of an array, in file order.</summary>
    internal List<ConfigurationValue> Elements { get; } = [];

    /// <summary>What an error message shows; null for objects and arrays, which would fill the screen.</summary>
    internal string? Shown => Kind switch
    {
        ConfigurationValueKind.Object or ConfigurationValueKind.Array => null,
        ConfigurationValueKind.Null => "null",
        _ => Show(Text),
    };

    /// <summary>A flag's value in the place of a file's.</summary>
    internal static ConfigurationValue OfFlag(string flag, string text) => new(ConfigurationValueKind.Text, source: null, flag) { Text = text };

    /// <summary>An object that stands in no file.</summary>
    internal static ConfigurationValue ObjectOf(string path, params ReadOnlySpan<(string Name, ConfigurationValue? Value)> members)
    {
        var value = new ConfigurationValue(ConfigurationValueKind.Object, source: null, path);
        foreach (var (name, member) in members)
        {
            value.Set(name, member);
        }

        return value;
    }

    /// <summary>An array that stands in no file.</summary>
    internal static ConfigurationValue ArrayOf(string path, IEnumerable<ConfigurationValue> elements)
    {
        var value = new ConfigurationValue(ConfigurationValueKind.Array, source: null, path);
        value.Elements.AddRange(elements);
        return value;
    }

    /// <summary>Puts a member in the place of one of the same name; null leaves what is there.</summary>
    internal void Set(string name, ConfigurationValue? value)
    {
        if (value is not null)
        {
            Members.RemoveAll(m => m.Name == name);
            Members.Add(new ConfigurationMember(name, value.Source, value));
        }
    }

    /// <summary>The path of a member called <paramref name="name"/>.</summary>
    internal string PathOf(string name)
    {
        var plain = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
        return (plain, Path.Length) switch
        {
            (true, 0) => name,
            (true, _) => $"{Path}.{name}",
            _ => $"{Path}[\"{Show(name)}\"]",
        };
    }

    /// <summary>One line, not endless, without a URL's password, and never the key that somebody pasted where its file's path belongs.</summary>
    private static string Show(string text)
    {
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return "(a private key)";
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var at = text.IndexOf('@');
        if (scheme >= 0 && at > scheme + 3 && text.IndexOf('/', scheme + 3) is var slash && (slash < 0 || at < slash))
        {
            text = $"{text[..(scheme + 3)]}***{text[at..]}";
        }

        var line = OneLine.Of(text[..Math.Min(text.Length, MaxShown)]);
        return text.Length > MaxShown ? $"{line}..." : line;
    }
}

/// <summary>A name and its value in an object.</summary>
internal sealed record ConfigurationMember(string Name, SourcePosition? Source, ConfigurationValue Value);

/// <summary>What stands in the file.</summary>
internal enum ConfigurationValueKind : byte
{
    Object,
    Array,
    Text,
    Number,
    Boolean,
    Null,
}
