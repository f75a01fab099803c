using System.Text;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Reads the certificates that the configuration names, and remembers what it read: an unchanged one is the same object again.</summary>
/// <remarks>Not thread-safe. A half-written pair does not match and is told as an error; whoever has the one before keeps it.</remarks>
internal sealed class ConfiguredCertificates(TimeProvider time)
{
    // Told for the route that presents it, in its own words, and by the expiry log.
    private static readonly HashSet<string> Dates = ["expired", "not-yet-valid", "expires-soon"];

    private readonly Dictionary<string, Opened> _opened = new(StringComparer.Ordinal);

    // Every identity that was read under a name: its place is its version, so that one which comes back is the one that it was.
    private readonly Dictionary<string, List<CertificateIdentity>> _versions = new(StringComparer.Ordinal);

    /// <summary>Reads each of <paramref name="wanted"/> into <paramref name="certificates"/>, or says in <paramref name="errors"/> why it cannot be used.</summary>
    public void Load(IReadOnlyList<CertificateConfig> wanted, Dictionary<string, ClientCertificate> certificates, List<ConfigurationError> errors)
    {
        foreach (var gone in _opened.Keys.Except(wanted.Select(static config => config.Name)).ToList())
        {
            _opened.Remove(gone);
        }

        foreach (var config in wanted)
        {
            var opened = Open(config);
            if (opened.Certificate is { } certificate)
            {
                certificates[config.Name] = certificate;
            }

            errors.AddRange(opened.Findings.Where(static finding => !Dates.Contains(finding.Code)).Select(finding => ErrorOf(config, finding)));
        }
    }

    /// <summary>Everything that decides what <see cref="Load"/> answers, in one comparable text.</summary>
    public static string StampOf(IEnumerable<CertificateConfig> configured)
    {
        var stamp = new StringBuilder();
        foreach (var config in configured)
        {
            stamp.Append(CertificateFiles.StampOf(config));
        }

        return stamp.ToString();
    }

    /// <summary>What is said of <paramref name="config"/>, at the place where it was written.</summary>
    public static ConfigurationError ErrorOf(CertificateConfig config, string message, ErrorSeverity severity = ErrorSeverity.Error)
        => new(config.Source?.Position, CertificateProblem.SettingOf(config.Name), config.Source?.Value, message, severity);

    private static ConfigurationError ErrorOf(CertificateConfig config, CertificateFinding finding)
    {
        var next = finding.Code switch
        {
            "key-encrypted" => "Name the file that holds its passphrase as passphraseFile, or a variable: \"passphrase\": \"$env(NAME)\"",
            "pkcs12-not-pem" => "Name it as pfx",
            "files-swapped" => "Swap certificate and key",
            _ => finding.Next.TrimEnd('.'),
        };
        return finding.Severity == FindingSeverity.Error
            ? ErrorOf(config, $"cannot be used: {finding.Message} {next}.")
            : ErrorOf(config, $"{finding.Message} {next}.", ErrorSeverity.Warning);
    }

    private Opened Open(CertificateConfig config)
    {
        // A failed attempt is made again only when the files changed meanwhile: they were replaced between two of our reads.
        while (true)
        {
            var stamp = CertificateFiles.StampOf(config);
            var findings = new List<CertificateFinding>();
            var opened = CertificateFiles.Read(config, findings) is { } files ? Open(config, files, findings) : new Opened(config, "", null, findings);
            if (opened.Certificate is not null || stamp == CertificateFiles.StampOf(config))
            {
                return opened;
            }
        }
    }

    private Opened Open(CertificateConfig config, CertificateFiles files, List<CertificateFinding> findings)
    {
        if (_opened.TryGetValue(config.Name, out var before) && before.Hash == files.Hash && before.Config.Location == config.Location)
        {
            var certificate = HasSameTypes(before.Config, config) ? before.Certificate : before.Certificate?.With(config.EnvironmentTypes, enabled: true);
            return _opened[config.Name] = before with { Config = config, Certificate = certificate };
        }

        var made = config.Location is CertificateLocation.Token token ? OpenToken(config, token, files, findings) : OpenPair(config, files, findings);
        made = made?.Numbered(VersionOf(made.Identity));
        var opened = new Opened(config, files.Hash, made, findings);

        // A token may come later without a change of any file. A PIN is not tried again, for a token counts the attempts.
        if (made is null && config.Location is CertificateLocation.Token && findings.TrueForAll(static finding => finding.Code != "pkcs11-pin"))
        {
            _opened.Remove(config.Name);
            return opened;
        }

        return _opened[config.Name] = opened;
    }

    private int VersionOf(CertificateIdentity identity)
    {
        if (!_versions.TryGetValue(identity.Name, out var versions))
        {
            _versions[identity.Name] = versions = [];
        }

        var index = versions.IndexOf(identity);
        if (index < 0)
        {
            versions.Add(identity);
            index = versions.Count - 1;
        }

        return index + 1;
    }

    private ClientCertificate? OpenPair(CertificateConfig config, CertificateFiles files, List<CertificateFinding> findings)
    {
        using var pair = files.Open(findings);
        return pair is not null && Passes(pair.Certificates, findings)
            ? ClientCertificate.FromPair(config.Name, pair, config.EnvironmentTypes, enabled: true, version: 1, CertificateFiles.PlaceOf(config.Location))
            : null;
    }

    private ClientCertificate? OpenToken(CertificateConfig config, CertificateLocation.Token token, CertificateFiles files, List<CertificateFinding> findings)
        => files.OpenToken(token, findings) is { } certificates && Passes(certificates, findings)
            ? ClientCertificate.FromToken(config.Name, certificates[0], certificates[1..], config.EnvironmentTypes, CertificateFiles.PlaceOf(token))
            : null;

    private bool Passes(IReadOnlyList<System.Security.Cryptography.X509Certificates.X509Certificate2> certificates, List<CertificateFinding> findings)
    {
        findings.AddRange(CertificateLint.Check(certificates, time.GetUtcNow()));
        return findings.TrueForAll(static finding => finding.Severity != FindingSeverity.Error);
    }

    private static bool HasSameTypes(CertificateConfig a, CertificateConfig b)
        => a.EnvironmentTypes is null ? b.EnvironmentTypes is null : b.EnvironmentTypes is not null && a.EnvironmentTypes.Order().SequenceEqual(b.EnvironmentTypes.Order());

    private sealed record Opened(CertificateConfig Config, string Hash, ClientCertificate? Certificate, IReadOnlyList<CertificateFinding> Findings);
}
