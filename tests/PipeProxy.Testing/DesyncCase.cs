using System.Globalization;
using System.Text;

namespace PipeProxy.Testing;

/// <summary>One case of AWS's HTTP Desync Guardian, the classifier of its load balancers: a request and the tier that it gets.</summary>
/// <remarks>
/// The cases are not ours and not part of the repository. <see cref="ReadAll"/> finds them in the folder that PIPEPROXY_DESYNC_DATA names, or in
/// <c>shared/data/http-desync-guardian</c> beside the repository or above it.
/// </remarks>
internal sealed class DesyncCase(string name)
{
    public string Name { get; } = name;

    public string Uri { get; private set; } = "";

    public string Method { get; private set; } = "";

    public string Version { get; private set; } = "";

    /// <summary>Compliant, Acceptable, Ambiguous or Severe.</summary>
    public string Tier { get; private set; } = "";

    public List<(string Name, string Value)> Fields { get; } = [];

    /// <summary>All cases, or null when there is no such folder.</summary>
    public static List<DesyncCase>? ReadAll()
        => FindFolder() is { } folder ? [.. Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).SelectMany(Read)] : null;

    /// <summary>The request's bytes. The classifier sees messages without Host and without a body; a message that is whole has both.</summary>
    public byte[] ToWire()
    {
        var lines = string.Concat(Fields.Select(field => $"{field.Name}: {field.Value}\r\n"));
        var host = Fields.Exists(field => field.Name == "Host") ? "" : "Host: localhost\r\n";
        var start = Version.Length > 0 ? $"{Method} {Uri} {Version}" : $"{Method} {Uri}";
        return Encoding.Latin1.GetBytes($"{start}\r\n{host}{lines}\r\n{Body()}");
    }

    private string Body()
    {
        if (Fields.Exists(field => field is { Name: "Transfer-Encoding", Value: "chunked" }))
        {
            return "0\r\n\r\n";
        }

        var length = Fields.Find(field => field.Name == "Content-Length").Value;
        return int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes <= 100_000 ? new string('x', bytes) : "";
    }

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable("PIPEPROXY_DESYNC_DATA") is { Length: > 0 } named)
        {
            return named;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "shared", "data", "http-desync-guardian");
            if (Directory.Exists(data))
            {
                return data;
            }
        }

        return null;
    }

    // The subset of YAML in which the cases are written: a list of maps, "key: value" lines, scalars plain or quoted.
    private static List<DesyncCase> Read(string file)
    {
        var cases = new List<DesyncCase>();
        foreach (var line in File.ReadLines(file))
        {
            var text = line.TrimStart();
            var indent = line.Length - text.Length;
            var isItem = text.StartsWith("- ", StringComparison.Ordinal);
            text = isItem ? text[2..] : text;
            var colon = text.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0 || text.StartsWith('#') || text.StartsWith('"') || text.StartsWith('\''))
            {
                continue;
            }

            var (key, value) = (text[..colon], Scalar(text[(colon + 2)..].Trim()));
            switch ((indent, key))
            {
                case (0, "name"):
                    cases.Add(new DesyncCase(value));
                    break;
                case (2, "uri"):
                    cases[^1].Uri = value;
                    break;
                case (2, "method"):
                    cases[^1].Method = value;
                    break;
                case (2, "version"):
                    cases[^1].Version = value;
                    break;
                case (4, "name") when isItem:
                    cases[^1].Fields.Add((value, ""));
                    break;
                case (6, "value"):
                    cases[^1].Fields[^1] = (cases[^1].Fields[^1].Name, value);
                    break;
                case (4, "tier"):
                    cases[^1].Tier = value;
                    break;
            }
        }

        return cases;
    }

    // A char of the result is a byte.
    private static string Scalar(string text)
    {
        if (text.StartsWith('\''))
        {
            return Bytes(text[1..^1].Replace("''", "'", StringComparison.Ordinal));
        }

        if (!text.StartsWith('"'))
        {
            return Bytes(text);
        }

        var result = new StringBuilder();
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(Bytes(text[i].ToString()));
                continue;
            }

            switch (text[++i])
            {
                case 'x':
                    result.Append((char)int.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                case var c:
                    result.Append(c switch { 'r' => '\r', 'n' => '\n', 't' => '\t', '0' => '\0', _ => c });
                    break;
            }
        }

        return result.ToString();
    }

    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
