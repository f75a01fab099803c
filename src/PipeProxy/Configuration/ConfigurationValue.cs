namespace PipeProxy.Configuration;

/// <summary>A value of a configuration file that knows where it stands. A whole file is a tree of them.</summary>
/// <remarks>A tree and not a stream, so that one wrong key never hides the errors after it.</remarks>
internal sealed class ConfigurationValue
{
    internal ConfigurationValue(ConfigurationValueKind kind, SourcePosition source, string path)
    {
        Kind = kind;
        Source = source;
        Path = path;
    }

    internal ConfigurationValueKind Kind { get; }

    /// <summary>Of the value's first byte.</summary>
    internal SourcePosition Source { get; }

    /// <summary>From the file's root: <c>listeners[0].url</c>, <c>upstreams["https://a.example"].pool</c>. Empty for the root.</summary>
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
        _ => Text,
    };

    /// <summary>The path of a member called <paramref name="name"/>.</summary>
    internal string PathOf(string name)
    {
        var plain = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
        return (plain, Path.Length) switch
        {
            (true, 0) => name,
            (true, _) => $"{Path}.{name}",
            _ => $"{Path}[\"{name}\"]",
        };
    }
}

/// <summary>A name and its value in an object.</summary>
internal sealed record ConfigurationMember(string Name, SourcePosition Source, ConfigurationValue Value);

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
