using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>update</c>: another pair, or other environment types, under the same name; routes stay as they are.</summary>
internal static class UpdateCommand
{
    public static Command Create()
    {
        var name = CertificateOptions.Name("The certificate.", required: false);
        var argument = CertificateOptions.NameArgument();
        var certificate = CertificateOptions.Certificate(required: false);
        var key = CertificateOptions.Key();
        var environmentTypes = CertificateOptions.EnvironmentTypes("Replaces the set of environment types that may present it; repeat for more.", required: false);
        var keyPassphraseFile = CertificateOptions.KeyPassphraseFile();
        var strict = CertificateOptions.Strict();
        var force = new Option<bool>("--force") { Description = "Taken for later: no origin is asked yet before the certificate is in force." };
        var noWait = new Option<bool>("--no-wait") { Description = "Taken for later: a running proxy's answer is not waited for yet." };
        var command = new ExampleCommand("update", "Replace a certificate and its key, or its environment types, under the same name.")
        {
            Arguments = { argument },
            Options = { name, certificate, key, environmentTypes, keyPassphraseFile, strict, force, noWait },
            Remarks =
            [
                "The change is atomic: whoever reads the store, even after a power cut, finds the old pair or the new one.",
                "Exit codes: 0 updated, 1 refused or failed, 2 usage.",
            ],
            Examples =
            [
                "pipeproxy mtls-certificate update --name aws-alb-cert --cert new-cert.pem --key new-key.pem",
                "pipeproxy mtls-certificate update --name aws-alb-cert --cert new.pfx --key-passphrase-file passphrase.txt",
                "pipeproxy mtls-certificate update --name aws-alb-cert --environment-type preview --environment-type production",
            ],
        };
        CertificateOptions.RequireName(command, name, argument);
        command.Validators.Add(result =>
        {
            var (hasCertificate, hasKey) = (result.GetResult(certificate) is not null, result.GetResult(key) is not null);
            if (hasCertificate ? CertificateOptions.LacksKey(result, certificate, key) : hasKey)
            {
                result.AddError($"A certificate and its key are replaced together; {(hasCertificate ? "--key" : "--cert")} FILE is missing.");
            }
            else if (!hasCertificate && result.GetResult(environmentTypes) is null)
            {
                result.AddError("Nothing to update: give --cert FILE and --key FILE, a PKCS#12 file as --cert, or --environment-type T.");
            }
        });
        command.SetAction(parsed =>
        {
            var store = CertificateOptions.OpenStore(parsed);
            var certificateName = CertificateOptions.ReadName(parsed, name, argument);
            var types = CertificateOptions.ReadEnvironmentTypes(parsed, environmentTypes);
            if (parsed.GetValue(certificate) is not { } certificateFile)
            {
                store.Update(certificateName, null, types);
                return (int)Report(parsed, store, certificateName, []);
            }

            using var uploaded = UploadedPair.Read(parsed, certificateFile, parsed.GetValue(key), keyPassphraseFile, parsed.GetValue(strict));
            if (uploaded.IsRefused)
            {
                return (int)uploaded.Refuse(parsed);
            }

            store.Update(certificateName, uploaded.Pair, types);
            return (int)Report(parsed, store, certificateName, uploaded.Findings);
        });
        return command;
    }

    private static ExitCode Report(ParseResult parsed, CertificateStore store, string name, IReadOnlyList<CertificateFinding> findings)
    {
        var terminal = Terminal.Of(parsed);
        var stored = store.Describe(name);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson("updated") { Certificate = CertificateJson.Entry(stored, [], terminal.Time.GetUtcNow()), Findings = CertificateJson.Findings(findings) });
            return ExitCode.Done;
        }

        UploadedPair.WriteFindings(terminal, findings);
        terminal.Output.WriteLine($"Updated {stored.Name} in {store.Folder}.");
        Table.WriteFields(terminal, CreateCommand.Summary(stored, terminal));
        terminal.Output.WriteLine("A proxy that runs with this store picks the change up within seconds.");
        terminal.WriteNext(stored.Enabled
            ? "see it with 'pipeproxy mtls-certificate list'."
            : $"it is disabled; switch it on: pipeproxy mtls-certificate enable --name {stored.Name}");
        return ExitCode.Done;
    }
}
