using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>The files that a user names, read and linted: what create, update and lint have in common.</summary>
internal sealed class UploadedPair : IDisposable
{
    private UploadedPair(CertificatePair? pair, IReadOnlyList<CertificateFinding> findings, bool strict)
    {
        Pair = pair;
        Findings = findings;
        IsRefused = pair is null || IsRefusing(findings, strict);
    }

    /// <summary>Null when the files could not be read as a pair.</summary>
    public CertificatePair? Pair { get; }

    public IReadOnlyList<CertificateFinding> Findings { get; }

    /// <summary>There is an error, or under --strict a warning.</summary>
    public bool IsRefused { get; }

    public static UploadedPair Read(ParseResult parsed, string certificateFile, string? keyFile, Option<string?> keyPassphraseFile, bool strict)
    {
        var passphrase = parsed.GetValue(keyPassphraseFile) is { } file ? CertificateOptions.ReadPassphrase(file) : null;
        var findings = new List<CertificateFinding>();
        var pair = CertificatePair.Read(certificateFile, keyFile, passphrase, findings);
        if (pair is not null)
        {
            findings.AddRange(CertificateLint.Check(pair.Certificates, Terminal.Of(parsed).Time.GetUtcNow()));
        }

        return new UploadedPair(pair, findings, strict);
    }

    public static bool IsRefusing(IEnumerable<CertificateFinding> findings, bool strict) => findings.Any(finding => strict || finding.Severity == FindingSeverity.Error);

    /// <summary>Findings on standard error, each with its code and what to do.</summary>
    public static void WriteFindings(Terminal terminal, IEnumerable<CertificateFinding> findings)
    {
        foreach (var finding in findings)
        {
            if (finding.Severity == FindingSeverity.Error)
            {
                terminal.WriteError($"{finding.Message} [{finding.Code}]", finding.Next);
            }
            else
            {
                terminal.WriteWarning($"{finding.Message} [{finding.Code}]", finding.Next);
            }
        }
    }

    /// <summary>Says that nothing was changed, and why.</summary>
    public ExitCode Refuse(ParseResult parsed)
    {
        var terminal = Terminal.Of(parsed);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson("refused") { Findings = CertificateJson.Findings(Findings) });
            return ExitCode.Failed;
        }

        WriteFindings(terminal, Findings);
        terminal.WriteError(Findings.Any(static finding => finding.Severity == FindingSeverity.Error)
            ? "The certificate is refused; nothing was stored."
            : "The certificate is refused because of --strict; nothing was stored.");
        return ExitCode.Failed;
    }

    public void Dispose() => Pair?.Dispose();
}
