using System.Text;

namespace PipeProxy.Configuration;

/// <summary>Reads <c>KEY=VALUE</c> lines.</summary>
/// <remarks><c>export</c> before the name, <c>#</c> comments and blank lines are taken; a value in single quotes stands as it is, one in double
/// quotes knows <c>\n \r \t \" \\ \$</c>, one without quotes ends at <c> #</c>. Values never reach a message.</remarks>
internal static class DotenvFile
{
    internal static Dictionary<string, string> Parse(string file, string text, ConfigurationContext context)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var source = new SourcePosition(file, number, Encoding.UTF8.GetByteCount(raw.AsSpan(0, raw.Length - raw.TrimStart().Length)) + 1);
            if (line.StartsWith("export ", StringComparison.Ordinal))
            {
                line = line["export ".Length..].TrimStart();
            }

            var equals = line.IndexOf('=');
            var name = equals < 0 ? "" : line[..equals].TrimEnd();
            if (!EnvironmentSelector.IsName(name))
            {
                context.Error(source, "--env-file", null, "this line is not KEY=VALUE, where KEY is letters, digits and _, not a digit first");
            }
            else if (Unquote(line[(equals + 1)..].Trim()) is { } value)
            {
                variables[name] = value;
            }
            else
            {
                context.Error(source, "--env-file", null, $"the value of {name} has an opening quote and no closing one at the end of the line");
            }
        }

        return variables;
    }

    private static string? Unquote(string value)
    {
        if (value.Length == 0 || value[0] is not ('"' or '\''))
        {
            var comment = value.IndexOf(" #", StringComparison.Ordinal);
            return value.StartsWith('#') ? "" : comment < 0 ? value : value[..comment].TrimEnd();
        }

        var text = new StringBuilder();
        for (var i = 1; i < value.Length; i++)
        {
            if (value[i] == value[0])
            {
                var after = value[(i + 1)..].TrimStart();
                return after.Length == 0 || after[0] == '#' ? text.ToString() : null;
            }

            if (value[i] == '\\' && value[0] == '"' && i + 1 < value.Length)
            {
                i++;
                text.Append(value[i] switch { 'n' => "\n", 'r' => "\r", 't' => "\t", '"' or '\\' or '$' => value[i].ToString(), var other => $"\\{other}" });
            }
            else
            {
                text.Append(value[i]);
            }
        }

        return null;
    }
}
