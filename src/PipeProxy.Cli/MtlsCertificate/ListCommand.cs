using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>list</c>: every certificate on one line; the answer to "is it enabled where I deployed to?".</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var account = CertificateOptions.Account("Only certificates that were created for this account.");
        var project = CertificateOptions.Project("Only certificates that were created for this project.");
        var config = CertificateOptions.Config();
        var command = new ExampleCommand("list", "List the certificates: where each may be used, whether it is enabled, when it expires, which routes name it.")
        {
            Options = { account, project, config },
            Examples =
            [
                "pipeproxy mtls-certificate list",
                "pipeproxy mtls-certificate list --account your-account --project your-project",
                "pipeproxy mtls-certificate list --store /var/lib/pipeproxy/certificates --output json",
            ],
        };
        command.SetAction(parsed => (int)List(parsed, parsed.GetValue(account), parsed.GetValue(project), parsed.GetValue(config)));
        return command;
    }

    private static ExitCode List(ParseResult parsed, string? account, string? project, string? config)
    {
        var terminal = Terminal.Of(parsed);
        var store = CertificateOptions.OpenStore(parsed);
        var all = store.List();
        var shown = all.Where(stored => (account is null || stored.Account == account) && (project is null || stored.Project == project)).ToList();
        var routes = CertificateUsage.Find(config);
        if (CertificateOptions.WantsJson(parsed))
        {
            var now = terminal.Time.GetUtcNow();
            CertificateJson.Write(terminal, new CertificateListJson(store.Folder, [.. shown.Select(stored => CertificateJson.Entry(stored, CertificateUsage.Of(routes, stored.Name), now))]));
            return ExitCode.Done;
        }

        if (shown.Count == 0)
        {
            terminal.Output.WriteLine(all.Count == 0 ? $"There are no certificates in {store.Folder}." : $"None of the {all.Count} certificates in {store.Folder} was created for that account and project.");
            terminal.WriteNext(all.Count == 0 ? "upload one: pipeproxy mtls-certificate create --help" : "list all of them: pipeproxy mtls-certificate list");
            return ExitCode.Done;
        }

        WriteTable(terminal, shown, routes);
        foreach (var damaged in shown.Where(static stored => stored.Error is not null))
        {
            terminal.WriteError($"{damaged.Name}: {damaged.Error}", $"pipeproxy mtls-certificate update --name {damaged.Name} --cert FILE --key FILE");
        }

        foreach (var stored in shown.Where(static stored => stored.PresentedVersion != stored.Version))
        {
            terminal.WriteWarning($"{stored.Name}: version {stored.Version} cannot be presented now; version {stored.PresentedVersion} is.", $"pipeproxy mtls-certificate describe --name {stored.Name}");
        }

        terminal.WriteNext(Next(shown, terminal.Time.GetUtcNow()));
        return ExitCode.Done;
    }

    private static void WriteTable(Terminal terminal, List<StoredCertificate> shown, IReadOnlyDictionary<string, IReadOnlyList<string>> routes)
    {
        var table = new Table("NAME", "ENVIRONMENT TYPES", "ENABLED", "EXPIRES", "FINGERPRINT", "ROUTES");
        foreach (var stored in shown)
        {
            var used = CertificateUsage.Of(routes, stored.Name);
            var usedBy = used.Count == 0 ? "-" : string.Join(", ", used);
            if (stored.Certificates.Count == 0)
            {
                table.Add(stored.Name, new Cell("unreadable", Color.Red), "-", "-", "-", usedBy);
                continue;
            }

            table.Add(
                stored.Name,
                CertificateText.Environments(stored.EnvironmentTypes),
                stored.Enabled ? new Cell("yes", Color.Green) : new Cell("no", Color.Yellow),
                CertificateText.Expiry(stored.Certificates[0], terminal.Time.GetUtcNow()),
                CertificateText.Short(CertificateStore.FingerprintOf(stored.Certificates[0])),
                usedBy);
        }

        table.WriteTo(terminal);
    }

    private static string Next(List<StoredCertificate> shown, DateTimeOffset now)
    {
        var ending = shown.Find(stored => stored.Certificates.Count > 0 && CertificateText.Validity(stored.Certificates[0]) is var (notBefore, notAfter) && notBefore <= now && notAfter - now <= CertificateLint.ExpiryWarning);
        return ending is null
            ? $"see one in full: pipeproxy mtls-certificate describe --name {shown[0].Name}"
            : $"replace what expires: pipeproxy mtls-certificate update --name {ending.Name} --cert FILE --key FILE";
    }
}
