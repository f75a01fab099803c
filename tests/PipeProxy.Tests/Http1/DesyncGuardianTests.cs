using System.Globalization;
using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

/// <summary>
/// Plays the cases of AWS's HTTP Desync Guardian, the classifier of its load balancers, when its folder is at hand: PIPEPROXY_DESYNC_DATA
/// or <c>../shared/data/http-desync-guardian</c> beside the repository. The vectors cover the same ground without it.
/// </summary>
public sealed class DesyncGuardianTests
{
    // Compliant to the classifier, which only looks for desync; not to the grammar, or not served.
    private static readonly Dictionary<string, Http1Rejection> StricterOnPurpose = new()
    {
        ["Different Transfer-Encoding headers"] = Http1Rejection.CodingNotServed,
        ["Different Transfer-Encoding headers combined"] = Http1Rejection.CodingNotServed,
        ["Transfer-Encoding with a param: chunked;custom_param"] = Http1Rejection.TransferEncodingMalformed,
        ["Compliant URL"] = Http1Rejection.TargetFragment,
        ["International in URI"] = Http1Rejection.TargetCharacter,
        ["Empty URI"] = Http1Rejection.TargetMissing,
    };

    // Well framed, so the parser passes them; a route to an ALB refuses them (a GET or HEAD with a body).
    private static readonly HashSet<string> LeftToTheRoute =
    [
        "Get with a body and Content-Length", "Get with a body and Transfer-Encoding",
        "Head with a body and Content-Length", "Head with a body and Transfer-Encoding",
    ];

    [Fact]
    public void SevereAndAmbiguous_AreRefusedCompliantIsAccepted()
    {
        var folder = FindData();
        Assert.SkipWhen(folder is null, "No folder with the cases of HTTP Desync Guardian.");
        var cases = Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).SelectMany(Read).ToList();

        Assert.True(cases.Count > 80, $"Only {cases.Count} cases were read.");
        Assert.All(cases, item =>
        {
            var bytes = item.ToWire();
            var rejection = MessageReader.Read(bytes, [bytes.Length], isResponse: false).Rejection;
            var bytewise = MessageReader.Read(bytes, Enumerable.Range(0, bytes.Length + 1), isResponse: false).Rejection;

            Assert.Equal(rejection, bytewise);
            switch (item.Tier)
            {
                case "Severe":
                    Assert.NotEqual(Http1Rejection.None, rejection);
                    break;
                case "Ambiguous":
                    Assert.Equal(LeftToTheRoute.Contains(item.Name), rejection == Http1Rejection.None);
                    break;
                case "Compliant":
                    Assert.Equal(StricterOnPurpose.GetValueOrDefault(item.Name), rejection);
                    break;
                default:
                    Assert.Equal("Acceptable", item.Tier);
                    break;
            }
        });
    }

    private static string? FindData()
    {
        if (Environment.GetEnvironmentVariable("PIPEPROXY_DESYNC_DATA") is { Length: > 0 } named)
        {
            return named;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PipeProxy.sln")))
            {
                var data = Path.Combine(folder.FullName, "..", "shared", "data", "http-desync-guardian");
                return Directory.Exists(data) ? data : null;
            }
        }

        return null;
    }

    // The subset of YAML in which the cases are written: a list of maps, "key: value" lines, scalars plain or quoted.
    private static List<Case> Read(string file)
    {
        var cases = new List<Case>();
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
                    cases.Add(new Case(value));
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

    private sealed class Case(string name)
    {
        public string Name { get; } = name;

        public string Uri { get; set; } = "";

        public string Method { get; set; } = "";

        public string Version { get; set; } = "";

        public string Tier { get; set; } = "";

        public List<(string Name, string Value)> Fields { get; } = [];

        // The classifier sees messages without Host and without a body; a message that is whole has both.
        public byte[] ToWire()
        {
            var lines = string.Concat(Fields.Select(field => $"{field.Name}: {field.Value}\r\n"));
            var host = Fields.Exists(field => field.Name == "Host") ? "" : "Host: localhost\r\n";
            var start = Version.Length > 0 ? $"{Method} {Uri} {Version}" : $"{Method} {Uri}";
            var chunked = Fields.Exists(field => field is { Name: "Transfer-Encoding", Value: "chunked" });
            return Encoding.Latin1.GetBytes($"{start}\r\n{host}{lines}\r\n{(chunked ? "0\r\n\r\n" : new string('x', 10_000))}");
        }
    }
}
