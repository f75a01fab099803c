namespace PipeProxy.Configuration;

/// <summary>What one load shares: the errors found so far, the variables, the files touched.</summary>
internal sealed class ConfigurationContext
{
    internal ConfigurationContext(IReadOnlyDictionary<string, string> variables, IReadOnlySet<string> functions, bool allowUnsupported = false)
    {
        Variables = variables;
        Functions = functions;
        AllowUnsupported = allowUnsupported;
    }

    internal List<ConfigurationError> Errors { get; } = [];

    /// <summary>Absolute paths of everything read or looked for, so that a change of any of them asks for a reload.</summary>
    internal List<string> Files { get; } = [];

    /// <summary>The process environment and the <c>--env-file</c>.</summary>
    internal IReadOnlyDictionary<string, string> Variables { get; set; }

    /// <summary>Names of handlers that the embedding host registered.</summary>
    internal IReadOnlySet<string> Functions { get; }

    internal bool AllowUnsupported { get; }

    /// <summary>Every key that was asked for, as <c>listeners[].url</c>: what the JSON Schema must describe, no more and no less.</summary>
    internal HashSet<string> KeysAsked { get; } = new(StringComparer.Ordinal);

    /// <summary>The errors as a reader of the files meets them: file by file, each from the top; what stands in no file comes first.</summary>
    internal IReadOnlyList<ConfigurationError> ErrorsInOrder
    {
        get
        {
            var files = Errors.Select(e => e.Source?.File).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
            return [.. Errors.OrderBy(e => e.Source is { } s ? files.IndexOf(s.File) : -1).ThenBy(e => e.Source?.Line).ThenBy(e => e.Source?.Column)];
        }
    }

    internal bool HasErrors => Errors.Exists(e => e.Severity == ErrorSeverity.Error);

    internal void Error(ConfigurationValue at, string message)
        => Error(at.Source, Setting(at), at.Shown, message);

    internal void Error(SourcePosition? source, string setting, string? value, string message)
        => Errors.Add(new ConfigurationError(source, setting, value, OneLine.Of(message)));

    internal void Warn(ConfigurationValue at, string message)
        => Warn(at.Source, Setting(at), at.Shown, message);

    internal void Warn(SourcePosition? source, string setting, string? value, string message)
        => Errors.Add(new ConfigurationError(source, setting, value, OneLine.Of(message), ErrorSeverity.Warning));

    /// <summary>Something that the guide's product has and this one has not: refused, or under <c>--allow-unsupported</c> a warning.</summary>
    /// <param name="at">Where it stands.</param>
    /// <param name="what">What is not supported.</param>
    /// <param name="consequence">What happens when it is allowed, without a subject: <c>is ignored</c>.</param>
    /// <param name="suggestion">From <see cref="NearestName"/>, when it may be a misspelling.</param>
    internal void Unsupported(ConfigurationValue at, string what, string consequence, string suggestion = "")
    {
        if (AllowUnsupported)
        {
            Warn(at, $"{what}; it {consequence}{suggestion}");
        }
        else
        {
            Error(at, $"{what}; remove it, or run with --allow-unsupported and it {consequence}{suggestion}");
        }
    }

    /// <summary>Reads variable <paramref name="name"/> or reports it as undefined.</summary>
    internal string? Variable(ConfigurationValue at, string name)
    {
        if (Variables.TryGetValue(name, out var value))
        {
            return value;
        }

        Error(at, UndefinedVariable(name));
        return null;
    }

    internal string UndefinedVariable(string name)
        => $"the environment variable {name} is not defined; set it, or name a file that does with --env-file{NearestName.Suggest(name, Variables.Keys)}";

    private static string Setting(ConfigurationValue at) => at.Path.Length == 0 ? "(file)" : at.Path;
}
