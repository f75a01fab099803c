using System.Text;
using AlbSimulator;
using PipeProxy.Certificates;
using PipeProxy.Cli.Diagnose;
using PipeProxy.Cli.Output;
using PipeProxy.Diagnosis;

namespace PipeProxy.FailureMatrix;

/// <summary>The page docs/troubleshooting.md: what <c>pipeproxy diagnose</c> prints for each failure that the simulator plays.</summary>
internal static class TroubleshootingPage
{
    private const string Name = "aws-alb-cert";
    private const int Width = 120;

    /// <summary>Each section with what was printed.</summary>
    public static async Task<IReadOnlyList<(Section Section, string Output)>> PlayAsync()
    {
        using var world = new World();
        var played = new List<(Section, string)>();
        foreach (var section in Section.All)
        {
            played.Add((section, await PlayAsync(section, world)));
        }

        return played;
    }

    public static string Write(IReadOnlyList<(Section Section, string Output)> sections)
    {
        var page = new StringBuilder($"""
            # Troubleshooting

            One section per failure, with what `pipeproxy diagnose` prints for it. The ALB simulator of this repository plays them (TLS 1.3); names such as `ClientCertExpired` are those of an ALB's connection log (`tls_verify_status`).
            Made by `dotnet run --project tests/PipeProxy.FailureMatrix -c Release -- write`; times, dates and ports are placeholders. [failures.md](failures.md) has what the proxy's clients get, for other servers and TLS 1.2 too;
            [diagnose.md](diagnose.md) explains the command.


            """);
        foreach (var (section, _) in sections)
        {
            page.Append($"- [{section.Title}](#{Anchor(section.Title)})\n");
        }

        foreach (var (section, output) in sections)
        {
            page.Append($"\n## {section.Title}\n\n{section.Cause}\n\n```text\n{output}\n```\n\n**What to do.** {section.Remedy}\n");
        }

        return page.ToString();
    }

    /// <summary>Sections that are missing, and sentences that are not what is printed now. Steps and lists may differ with the system's OpenSSL.</summary>
    public static IEnumerable<string> Differences(string page, IReadOnlyList<(Section Section, string Output)> sections)
        => from section in sections
           let begin = $"\n## {section.Section.Title}\n\n{section.Section.Cause}\n"
           let sentences = section.Output[Math.Max(0, section.Output.IndexOf("cause:", StringComparison.Ordinal))..]
           where !page.Contains(begin, StringComparison.Ordinal) || !page.Contains(sentences, StringComparison.Ordinal) || !page.Contains(section.Section.Remedy, StringComparison.Ordinal)
           select $"docs/troubleshooting.md, {section.Section.Title}: now {sentences.ReplaceLineEndings(" ")}";

    private static async Task<string> PlayAsync(Section section, World world)
    {
        var issued = section.Certificate(world);
        var certificate = issued is null ? null : ClientCertificate.FromPem(Name, issued.ChainPem, issued.PrivateKeyPkcs8Pem);
        await using var balancer = section.Elsewhere is null ? LoadBalancer.Start(section.Options(world, world.Options)) : null;
        var url = (balancer is null ? section.Elsewhere!(world) : $"https://localhost:{balancer.Port}") + section.Path;

        var request = Play.Request(url, certificate, section.Handshake, resolve: true, world.RootPem);
        using var printed = new StringWriter { NewLine = "\n" };
        var text = new DiagnosisText(new Terminal(printed, printed) { Width = Width });
        text.WriteHead(request);
        text.WriteFindings(await OriginDiagnosis.RunAsync(request, text.WriteStep));
        return string.Join('\n', Placeholders.In(printed.ToString()).Split('\n').Select(static line => line.TrimEnd())).Trim();
    }

    private static string Anchor(string title) => new([.. title.ToLowerInvariant().Where(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_').Select(static c => c == ' ' ? '-' : c)]);
}
