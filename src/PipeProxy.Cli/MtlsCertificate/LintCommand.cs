using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>lint</c>: the checks of create without storing anything, on files or on a stored certificate.</summary>
internal static class LintCommand
{
    public static Command Create()
    {
        var name = CertificateOptions.Name("A stored certificate.", required: false);
        var argument = CertificateOptions.NameArgument();
        var certificate = CertificateOptions.Certificate(required: false);
        var key = CertificateOptions.Key();
        var keyPassphraseFile = CertificateOptions.KeyPassphraseFile();
        var strict = CertificateOptions.Strict();
        var command = new ExampleCommand("lint", "Check a certificate and its key by an ALB's rules; nothing is changed.")
        {
            Arguments = { argument },
            Options = { name, certificate, key, keyPassphraseFile, strict },
            Remarks = ["Exit codes: 0 when there are no errors (with --strict: and no warnings), else 1; 2 usage."],
            Examples =
            [
                "pipeproxy mtls-certificate lint --cert client-cert.pem --key client-key.pem",
                "pipeproxy mtls-certificate lint --cert bundle.pfx --key-passphrase-file passphrase.txt",
                "pipeproxy mtls-certificate lint --name aws-alb-cert --strict",
            ],
        };
        command.Validators.Add(result =>
        {
            var named = result.GetResult(name) is not null || result.GetResult(argument) is { Tokens.Count: > 0 };
            var files = result.GetResult(certificate) is not null && !CertificateOptions.LacksKey(result, certificate, key);
            var anyFile = result.GetResult(certificate) is not null || result.GetResult(key) is not null;
            if (named == files || named == anyFile)
            {
                result.AddError("Give either --cert FILE and --key FILE (a PKCS#12 file needs no --key), or --name NAME of a stored certificate.");
            }
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(certificate) is not { } certificateFile)
            {
                using var pair = CertificateOptions.OpenStore(parsed).Open(CertificateOptions.ReadName(parsed, name, argument));
                return (int)Report(parsed, pair, CertificateLint.Check(pair.Certificates, Terminal.Of(parsed).Time.GetUtcNow()), parsed.GetValue(strict), stored: true);
            }

            using var uploaded = UploadedPair.Read(parsed, certificateFile, parsed.GetValue(key), keyPassphraseFile, parsed.GetValue(strict));
            return (int)Report(parsed, uploaded.Pair, uploaded.Findings, parsed.GetValue(strict), stored: false);
        });
        return command;
    }

    private static ExitCode Report(ParseResult parsed, CertificatePair? pair, IReadOnlyList<CertificateFinding> findings, bool strict, bool stored)
    {
        var terminal = Terminal.Of(parsed);
        var refused = pair is null || UploadedPair.IsRefusing(findings, strict);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson(refused ? "refused" : "passed") { Findings = CertificateJson.Findings(findings) });
            return refused ? ExitCode.Failed : ExitCode.Done;
        }

        UploadedPair.WriteFindings(terminal, findings);
        var errors = findings.Count(static finding => finding.Severity == FindingSeverity.Error);
        terminal.Output.WriteLine($"{(pair is null ? "The files" : CertificateText.Name(pair.Leaf.SubjectName))}: {errors} {(errors == 1 ? "error" : "errors")}, {findings.Count - errors} {(findings.Count - errors == 1 ? "warning" : "warnings")}.");
        if (!refused)
        {
            terminal.WriteNext(stored ? "see what is stored: pipeproxy mtls-certificate list" : "store it with 'pipeproxy mtls-certificate create', or in the place of another with 'update'.");
        }

        return refused ? ExitCode.Failed : ExitCode.Done;
    }
}
