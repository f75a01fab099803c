using System.Globalization;

namespace PipeProxy.Configuration;

/// <summary>An object of a configuration file while it is being read: typed access by key, and at the end a word on every key that nobody asked for.</summary>
internal sealed class ConfigurationSection
{
    private readonly ConfigurationContext _context;
    private readonly string _shape;
    private readonly bool _confidential;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private ConfigurationSection(ConfigurationValue value, string shape, bool confidential, ConfigurationContext context)
    {
        Value = value;
        _shape = shape;
        _confidential = confidential;
        _context = context;
    }

    internal ConfigurationValue Value { get; }

    /// <summary>Opens an object; anything else is an error and null.</summary>
    /// <param name="value">What stands there.</param>
    /// <param name="shape">The section's path without indices and names, <c>listeners[]</c>, <c>upstreams.*</c>; empty for the root.</param>
    /// <param name="context">Takes the errors.</param>
    /// <param name="confidential">Values of unknown keys are not shown: one may be a secret under a misspelt key.</param>
    internal static ConfigurationSection? Open(ConfigurationValue value, string shape, ConfigurationContext context, bool confidential = false)
    {
        if (value.Kind == ConfigurationValueKind.Object)
        {
            return new ConfigurationSection(value, shape, confidential, context);
        }

        context.Error(value, "must be an object in braces, { ... }");
        return null;
    }

    /// <summary>The raw value, or null when the key is absent. The key counts as known from here on.</summary>
    internal ConfigurationValue? Take(string key)
    {
        _asked.Add(key);
        _context.KeysAsked.Add(ShapeOf(key));
        return Value.Members.Find(m => m.Name == key)?.Value;
    }

    internal ConfigurationSection? Section(string key)
        => Take(key) is { } value ? Open(value, ShapeOf(key), _context) : null;

    /// <summary>Elements of an array; empty when the key is absent.</summary>
    internal List<ConfigurationValue> List(string key)
    {
        var value = Take(key);
        if (value is null || value.Kind == ConfigurationValueKind.Array)
        {
            return value?.Elements ?? [];
        }

        _context.Error(value, "must be a list in brackets, [ ... ]");
        return [];
    }

    /// <summary>Sections of an array of objects.</summary>
    internal IEnumerable<ConfigurationSection> Sections(string key)
        => List(key).Select(e => Open(e, $"{ShapeOf(key)}[]", _context)).OfType<ConfigurationSection>();

    /// <summary>Strings of an array of strings.</summary>
    internal List<ConfigurationText> Texts(string key)
        => List(key).Select(Resolve).OfType<ConfigurationText>().ToList();

    /// <summary>A string with <c>$env(NAME)</c> filled in; null when absent or wrong, which is then reported.</summary>
    internal ConfigurationText? Text(string key) => Take(key) is { } value ? Resolve(value) : null;

    /// <summary>As <see cref="Text"/>; the absence is an error too.</summary>
    internal ConfigurationText? RequiredText(string key, string hint)
    {
        if (Take(key) is { } value)
        {
            return Resolve(value);
        }

        _context.Error(Value.Source, Value.PathOf(key), null, $"is missing; {hint}");
        return null;
    }

    internal bool? Flag(string key)
    {
        var value = Take(key);
        if (value is null || Scalar(value) is not { } text)
        {
            return null;
        }

        if ((value.Kind == ConfigurationValueKind.Boolean || text.FromVariable) && text.Text is "true" or "false")
        {
            return text.Text == "true";
        }

        _context.Error(value, "must be true or false, without quotes");
        return null;
    }

    internal int? Integer(string key, int min, int max)
    {
        var value = Take(key);
        if (value is null || Scalar(value) is not { } text)
        {
            return null;
        }

        if ((value.Kind == ConfigurationValueKind.Number || text.FromVariable)
            && int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        _context.Error(value, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
        return null;
    }

    internal TimeSpan? Duration(string key, TimeSpan min, TimeSpan? max = null)
    {
        var longest = max ?? DurationText.Longest;
        var value = Take(key);
        if (value is null || Scalar(value) is not { } text)
        {
            return null;
        }

        if (value.Kind == ConfigurationValueKind.Number)
        {
            _context.Error(value, $"has no unit; {DurationText.Expected}");
        }
        else if (value.Kind != ConfigurationValueKind.Text || !DurationText.TryParse(text.Text, out var duration))
        {
            _context.Error(value, DurationText.Expected);
        }
        else if (duration < min || duration > longest)
        {
            _context.Error(value, $"must be from {DurationText.Format(min)} to {DurationText.Format(longest)}");
        }
        else
        {
            return duration;
        }

        return null;
    }

    internal long? Size(string key, long min, long max, string? or = null)
    {
        var value = Take(key);
        if (value is null || Scalar(value) is not { } text)
        {
            return null;
        }

        if (value.Kind is not (ConfigurationValueKind.Text or ConfigurationValueKind.Number) || !SizeText.TryParse(text.Text, out var bytes))
        {
            _context.Error(value, or is null ? SizeText.Expected : $"{SizeText.Expected}, or {or}");
        }
        else if (bytes < min || bytes > max)
        {
            _context.Error(value, $"must be from {SizeText.Format(min)} to {SizeText.Format(max)}");
        }
        else
        {
            return bytes;
        }

        return null;
    }

    /// <summary>One of a few names.</summary>
    internal T? Choice<T>(string key, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (choices.TryGetValue(text.Text, out var choice))
        {
            return choice;
        }

        _context.Error(text.At, $"must be one of {string.Join(", ", choices.Keys)}{NearestName.Suggest(text.Text, choices.Keys)}");
        return null;
    }

    /// <summary>Reports every key that was not asked for.</summary>
    /// <param name="isForeign">Keys that belong to somebody else and are left alone.</param>
    /// <param name="foreign">Names of such keys, for the suggestion.</param>
    internal void Finish(Func<string, bool>? isForeign = null, IEnumerable<string>? foreign = null)
    {
        foreach (var member in Value.Members)
        {
            if (!_asked.Contains(member.Name) && isForeign?.Invoke(member.Name) != true)
            {
                _context.Error(member.Source, member.Value.Path, _confidential ? null : member.Value.Shown, $"is not a known key{NearestName.Suggest(member.Name, _asked.Concat(foreign ?? []))}");
            }
        }
    }

    private ConfigurationText? Resolve(ConfigurationValue value)
    {
        if (value.Kind == ConfigurationValueKind.Text)
        {
            return Scalar(value);
        }

        _context.Error(value, "must be a string in quotes");
        return null;
    }

    /// <summary>The text of a string, number or boolean with <c>$env(NAME)</c> filled in; null when the variable is undefined.</summary>
    private ConfigurationText? Scalar(ConfigurationValue value)
    {
        if (value.Kind != ConfigurationValueKind.Text || EnvironmentSelector.NameIn(value.Text) is not { } name)
        {
            if (EnvironmentSelector.NameInside(value.Text) is { } inside)
            {
                _context.Error(value, $"$env({inside}) must be the whole value, with nothing before or after it");
                return null;
            }

            return new ConfigurationText(value.Text, value, FromVariable: false);
        }

        return _context.Variable(value, name) is { } text ? new ConfigurationText(text, value, FromVariable: true) : null;
    }

    private string ShapeOf(string key) => _shape.Length == 0 ? key : $"{_shape}.{key}";
}

/// <summary>A string that was read, and where.</summary>
/// <param name="Text">With <c>$env(NAME)</c> filled in.</param>
/// <param name="At">The value as written.</param>
/// <param name="FromVariable">The text is a variable's value, which messages do not repeat: it may be meant for few eyes.</param>
internal readonly record struct ConfigurationText(string Text, ConfigurationValue At, bool FromVariable)
{
    /// <summary>For a message's beginning: names the variable that the text came from.</summary>
    internal string Whose => FromVariable ? $"(the value of {EnvironmentSelector.NameIn(At.Text)}) " : "";
}
