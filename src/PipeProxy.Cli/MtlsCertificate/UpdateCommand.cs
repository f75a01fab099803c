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
        var force = new Option<bool>("--force") { Description = "Put the new pair in force although an origin refuses it." };
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait for what running proxies make of it." };
        var command = new ExampleCommand("update", "Replace a certificate and its key, or its environment types, under the same name.")
        {
            Arguments = { argument },
            Options = { name, certificate, key, environmentTypes, keyPassphraseFile, strict, force, noWait },
            Remarks =
            [
                "The change is atomic: whoever reads the store, even after a power cut, finds the old pair or the new one.",
                "A proxy that runs with this store shows a new pair to its origins before it is in force, and goes on with the old one when an origin refuses it. The command waits for that.",
                "Exit codes: 0 updated, 1 refused, rolled back, overtaken by another change, not answered by a running proxy or not readable for it, or failed, 2 usage.",
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
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wait = !parsed.GetValue(noWait);
            var store = CertificateOptions.OpenStore(parsed);
            var certificateName = CertificateOptions.ReadName(parsed, name, argument);
            var types = CertificateOptions.ReadEnvironmentTypes(parsed, environmentTypes);
            if (parsed.GetValue(certificate) is not { } certificateFile)
            {
                store.Update(certificateName, null, types);
                return (int)await ReportAsync(parsed, store, certificateName, store.Describe(certificateName).Version, null, wait, cancellationToken);
            }

            using var uploaded = UploadedPair.Read(parsed, certificateFile, parsed.GetValue(key), keyPassphraseFile, parsed.GetValue(strict));
            if (uploaded.IsRefused)
            {
                return (int)uploaded.Refuse(parsed);
            }

            var version = store.Update(certificateName, uploaded.Pair, types, parsed.GetValue(force));
            return (int)await ReportAsync(parsed, store, certificateName, version, uploaded, wait, cancellationToken);
        });
        return command;
    }

    // Without an uploaded pair the last rotation is an earlier command's: the answer to this one is what is presented now.
    private static async Task<ExitCode> ReportAsync(ParseResult parsed, CertificateStore store, string name, int version, UploadedPair? uploaded, bool wait, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Of(parsed);
        var findings = uploaded?.Findings ?? [];
        var proxies = wait ? await RunningProxies.SettleAsync(store, name, cancellationToken) : [];
        var isRolledBack = proxies.Any(proxy => RunningProxies.IsRolledBack(proxy, version));
        var stored = store.Describe(name);

        // Somebody else's change has come meanwhile: what this command stored is not what is presented.
        var isOvertaken = !isRolledBack && stored.Version != version;
        var isUnanswered = RunningProxies.IsUnanswered(proxies);
        var isUnreadable = RunningProxies.IsUnreadable(proxies);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson(isRolledBack ? "rolledBack" : isOvertaken ? "superseded" : isUnanswered ? "unanswered" : isUnreadable ? "unreadable" : "updated")
            {
                Certificate = CertificateJson.Entry(stored, [], terminal.Time.GetUtcNow()),
                Findings = CertificateJson.Findings(findings),
                Proxies = wait ? RunningProxies.Json(proxies, uploaded is null ? null : version) : null,
            });
            return isRolledBack || isOvertaken || isUnanswered || isUnreadable ? ExitCode.Failed : ExitCode.Done;
        }

        UploadedPair.WriteFindings(terminal, findings);
        terminal.Output.WriteLine(isRolledBack ? $"Version {version} of {stored.Name} is in {store.Folder}, marked as refused; version {stored.Version} is current."
            : isOvertaken ? $"Version {version} of {stored.Name} was stored in {store.Folder}; version {stored.Version} is current."
            : $"Updated {stored.Name} in {store.Folder}.");
        Table.WriteFields(terminal, CreateCommand.Summary(stored, terminal));
        if (!wait)
        {
            terminal.Output.WriteLine($"A proxy that runs with this store {(uploaded is null ? "takes" : "tries")} the change within seconds.");
        }
        else if (uploaded is null)
        {
            RunningProxies.WriteSwitch(terminal, proxies);
        }
        else
        {
            RunningProxies.WriteUpdate(terminal, proxies, version);
        }

        if (isRolledBack)
        {
            RunningProxies.WriteRefusals(terminal, proxies, name, version);
            terminal.WriteNext("mend the cause, then update again; --force puts a pair in force although an origin refuses it.");
            return ExitCode.Failed;
        }

        if (isOvertaken)
        {
            terminal.WriteError(
                $"Version {version} of '{name}' is not current: another change came while it was tried, and version {stored.Version} is.",
                $"See all versions: pipeproxy mtls-certificate describe --name {name}; update again if yours is the one that is meant.");
        }

        if (RunningProxies.WriteUndecided(terminal, proxies, name) || isOvertaken)
        {
            return ExitCode.Failed;
        }

        terminal.WriteNext(stored.Enabled
            ? "see it with 'pipeproxy mtls-certificate list'."
            : $"it is disabled; switch it on: pipeproxy mtls-certificate enable --name {stored.Name}");
        return ExitCode.Done;
    }
}
