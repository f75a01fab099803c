using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>create</c>: a new name in the store.</summary>
internal static class CreateCommand
{
    public static Command Create()
    {
        var name = CertificateOptions.Name($"The name that routes use. {CertificateName.Rule}", required: true);
        var certificate = CertificateOptions.Certificate(required: true);
        var key = CertificateOptions.Key();
        var environmentTypes = CertificateOptions.EnvironmentTypes("An environment type that may present it; repeat for more.", required: true);
        var account = CertificateOptions.Account("Recorded; filters list.");
        var project = CertificateOptions.Project("Recorded; filters list.");
        var keyPassphraseFile = CertificateOptions.KeyPassphraseFile();
        var strict = CertificateOptions.Strict();
        var command = new ExampleCommand("create", "Upload a client certificate and its key under a new name.")
        {
            Options = { name, certificate, key, environmentTypes, account, project, keyPassphraseFile, strict },
            Remarks =
            [
                "The certificate is checked by an ALB's rules first. Errors refuse it; warnings are shown and it is stored.",
                "Exit codes: 0 stored, 1 refused or failed, 2 usage.",
            ],
            Examples =
            [
                "pipeproxy mtls-certificate create --cert client-cert.pem --key client-key.pem --name aws-alb-cert --environment-type preview --environment-type production",
                "pipeproxy mtls-certificate create --cert chain.pem --key encrypted.pem --key-passphrase-file passphrase.txt --name partner --environment-type production --strict",
                "pipeproxy mtls-certificate create --cert bundle.pfx --key-passphrase-file passphrase.txt --name partner --environment-type production",
            ],
        };
        command.Validators.Add(result =>
        {
            if (CertificateOptions.LacksKey(result, certificate, key))
            {
                result.AddError("Option '--key' is required: a PEM certificate's key is in a file of its own.");
            }
        });
        command.SetAction(parsed =>
        {
            using var uploaded = UploadedPair.Read(parsed, parsed.GetRequiredValue(certificate)!, parsed.GetValue(key), keyPassphraseFile, parsed.GetValue(strict));
            if (uploaded.IsRefused)
            {
                return (int)uploaded.Refuse(parsed);
            }

            var store = CertificateOptions.OpenStore(parsed);
            store.Create(parsed.GetRequiredValue(name)!, uploaded.Pair!, CertificateOptions.ReadEnvironmentTypes(parsed, environmentTypes)!, parsed.GetValue(account), parsed.GetValue(project));
            return (int)Report(parsed, store, store.Describe(parsed.GetRequiredValue(name)!), uploaded.Findings);
        });
        return command;
    }

    private static ExitCode Report(ParseResult parsed, CertificateStore store, StoredCertificate stored, IReadOnlyList<CertificateFinding> findings)
    {
        var terminal = Terminal.Of(parsed);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson("created") { Certificate = CertificateJson.Entry(stored, [], terminal.Time.GetUtcNow()), Findings = CertificateJson.Findings(findings) });
            return ExitCode.Done;
        }

        UploadedPair.WriteFindings(terminal, findings);
        terminal.Output.WriteLine($"Created {stored.Name} in {store.Folder}.");
        Table.WriteFields(terminal, Summary(stored, terminal));
        terminal.WriteNext($"name it in a route, \"mtlsCertificate\": \"{stored.Name}\", and see it with 'pipeproxy mtls-certificate list'.");
        return ExitCode.Done;
    }

    /// <summary>The fields that show whether the right certificate went in.</summary>
    internal static IEnumerable<(string Label, string? Value)> Summary(StoredCertificate stored, Terminal terminal)
    {
        yield return ("version", $"{stored.Version}");
        if (stored.Certificates.Count == 0)
        {
            yield return ("problem", stored.Error);
            yield break;
        }

        yield return ("subject", CertificateText.Name(stored.Certificates[0].SubjectName));
        yield return ("issuer", CertificateText.Name(stored.Certificates[0].IssuerName));
        yield return ("chain", stored.Certificates.Count == 1 ? "the certificate alone, no intermediates" : $"{stored.Certificates.Count} certificates");
        yield return ("expires", CertificateText.Expiry(stored.Certificates[0], terminal.Time.GetUtcNow()).Text);
        yield return ("environments", CertificateText.Environments(stored.EnvironmentTypes));
        yield return ("fingerprint", CertificateStore.FingerprintOf(stored.Certificates[0]));
    }
}
