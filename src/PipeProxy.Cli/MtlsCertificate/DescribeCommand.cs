using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>describe</c>: everything about one certificate except its key.</summary>
internal static class DescribeCommand
{
    public static Command Create()
    {
        var name = CertificateOptions.Name("The certificate.", required: false);
        var argument = CertificateOptions.NameArgument();
        var config = CertificateOptions.Config();
        var command = new ExampleCommand("describe", "Show everything about one certificate, its key excepted.")
        {
            Arguments = { argument },
            Options = { name, config },
            Examples =
            [
                "pipeproxy mtls-certificate describe --name aws-alb-cert",
                "pipeproxy mtls-certificate describe aws-alb-cert --output json",
            ],
        };
        CertificateOptions.RequireName(command, name, argument);
        command.SetAction(parsed => (int)Describe(parsed, CertificateOptions.ReadName(parsed, name, argument), parsed.GetValue(config)));
        return command;
    }

    private static ExitCode Describe(ParseResult parsed, string name, string? config)
    {
        var terminal = Terminal.Of(parsed);
        var store = CertificateOptions.OpenStore(parsed);
        var stored = store.Describe(name);
        var routes = CertificateUsage.Of(CertificateUsage.Find(config), name);
        var now = terminal.Time.GetUtcNow();
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, CertificateJson.Entry(stored, routes, now, full: true));
            return ExitCode.Done;
        }

        if (stored.Certificates.Count == 0)
        {
            throw new CertificateException($"{name}: {stored.Error}", $"pipeproxy mtls-certificate update --name {name} --cert FILE --key FILE");
        }

        terminal.Output.WriteLine(terminal.Paint(stored.Name, Color.Bold));
        Table.WriteFields(terminal, Fields(stored, routes, store.Folder, now));
        if (stored.Error is { } error)
        {
            terminal.WriteError(error);
        }

        UploadedPair.WriteFindings(terminal, CertificateLint.Check(stored.Certificates, now));
        terminal.WriteNext(stored.Enabled
            ? $"check the pair, key included: pipeproxy mtls-certificate lint --name {name}"
            : $"it is disabled; switch it on: pipeproxy mtls-certificate enable --name {name}");
        return ExitCode.Done;
    }

    private static IEnumerable<(string Label, string? Value)> Fields(StoredCertificate stored, IReadOnlyList<string> routes, string folder, DateTimeOffset now)
    {
        var leaf = stored.Certificates[0];
        var (notBefore, notAfter) = CertificateText.Validity(leaf);
        yield return ("enabled", stored.Enabled ? "yes" : "no");
        yield return ("environment types", CertificateText.Environments(stored.EnvironmentTypes));
        yield return ("routes", routes.Count == 0 ? "-" : string.Join("\n", routes));
        yield return ("account", stored.Account);
        yield return ("project", stored.Project);
        yield return ("subject", CertificateText.Name(leaf.SubjectName));
        yield return ("issuer", CertificateText.Name(leaf.IssuerName));
        yield return ("serial number", leaf.SerialNumber);
        yield return ("alternative names", string.Join("\n", CertificateText.AlternativeNames(leaf)));
        yield return ("key", CertificateText.Key(leaf));
        yield return ("signed with", leaf.SignatureAlgorithm.FriendlyName ?? leaf.SignatureAlgorithm.Value);
        yield return ("usage", CertificateText.ExtendedKeyUsages(leaf) is { Count: > 0 } usages ? string.Join(", ", usages) : "any (not limited)");
        yield return ("valid from", CertificateText.Moment(notBefore));
        yield return ("valid to", CertificateText.Moment(notAfter));
        yield return ("expires", CertificateText.Expiry(leaf, now).Text);
        yield return ("fingerprint", CertificateStore.FingerprintOf(leaf));
        yield return ("intermediates", stored.Certificates.Count == 1 ? "none" : string.Join("\n", stored.Certificates.Skip(1).Select(certificate => $"{CertificateText.Name(certificate.SubjectName)}, expires {CertificateText.Expiry(certificate, now).Text}")));
        yield return ("versions", string.Join("\n", stored.Versions.Select(version => Version(version, stored))));
        yield return ("store", folder);
    }

    private static string Version(StoredVersion version, StoredCertificate stored)
    {
        var mark = version.Number == stored.Version ? version.Number == stored.PresentedVersion ? " (current)" : " (current, not presented)" : version.Number == stored.PresentedVersion ? " (presented)" : "";
        var state = version.State.ToString().ToLowerInvariant();
        return $"{version.Number}{mark}  {CertificateText.Moment(version.Created)}  {CertificateText.Short(version.Fingerprint)}  {state}, valid {CertificateText.Date(version.NotBefore)} to {CertificateText.Date(version.NotAfter)}{(version.Refusal is { } refusal ? $": {refusal}" : "")}";
    }
}
