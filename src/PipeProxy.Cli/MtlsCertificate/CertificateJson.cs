using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>What <c>--output json</c> prints. Scripts rely on it: fields are added, never renamed or removed. Times are RFC 3339 in UTC, fingerprints lower-case hex of SHA-256 over DER.</summary>
/// <remarks>
/// <code>
/// list               { "store", "certificates": [ Certificate ] }
/// describe           Certificate with "details" and "versions"
/// create             { "result": "created" | "refused", "certificate": Certificate (absent when refused), "findings": [ Finding ] }
/// update             { "result": "updated" | "refused" | "rolledBack" | "superseded" | "unanswered" | "unreadable", "certificate": Certificate (absent when refused), "findings": [ Finding ], "proxies": [ Proxy ] (absent with --no-wait) }
/// enable, disable    { "result": "enabled" | "disabled" | "unchanged", "certificate": Certificate, "proxies": [ Proxy ] }
/// delete             { "result": "deleted", "name", "proxies": [ Proxy ] }
/// lint               { "result": "passed" | "refused", "findings": [ Finding ] }
/// </code>
/// Other failures print nothing on standard output, a line on standard error, and have exit code 1.
/// </remarks>
internal static class CertificateJson
{
    public static void Write(Terminal terminal, CertificateListJson value) => terminal.Output.WriteLine(JsonSerializer.Serialize(value, CertificateJsonContext.Default.CertificateListJson));

    public static void Write(Terminal terminal, CertificateEntryJson value) => terminal.Output.WriteLine(JsonSerializer.Serialize(value, CertificateJsonContext.Default.CertificateEntryJson));

    public static void Write(Terminal terminal, ResultJson value) => terminal.Output.WriteLine(JsonSerializer.Serialize(value, CertificateJsonContext.Default.ResultJson));

    public static IReadOnlyList<FindingJson> Findings(IEnumerable<CertificateFinding> findings)
        => [.. findings.Select(static finding => new FindingJson(finding.Code, finding.Severity == FindingSeverity.Error ? "error" : "warning", finding.Message, finding.Next))];

    public static CertificateEntryJson Entry(StoredCertificate stored, IReadOnlyList<string> routes, DateTimeOffset now, bool full = false)
    {
        var leaf = stored.Certificates.Count == 0 ? null : stored.Certificates[0];
        var (notBefore, notAfter) = leaf is null ? default : CertificateText.Validity(leaf);
        return new CertificateEntryJson(
            stored.Name,
            stored.Version,
            CertificateText.EnvironmentNames(stored.EnvironmentTypes),
            stored.Enabled,
            leaf is null ? null : notBefore.UtcDateTime,
            leaf is null ? null : notAfter.UtcDateTime,
            leaf is null ? null : CertificateText.DaysLeft(notAfter, now),
            leaf is null ? null : CertificateStore.FingerprintOf(leaf),
            routes,
            stored.Account,
            stored.Project,
            stored.Error)
        {
            Details = full && leaf is not null ? Details(leaf, stored.Certificates) : null,
            Versions = full ? [.. stored.Versions.Select(version => new VersionJson(version.Number, version.Number == stored.Version, version.Created.UtcDateTime, version.Fingerprint, version.State.ToString().ToLowerInvariant())
            {
                Presented = version.Number == stored.PresentedVersion,
                NotBefore = version.NotBefore.UtcDateTime,
                NotAfter = version.NotAfter.UtcDateTime,
                Refusal = version.Refusal,
            })] : null,
            PresentedVersion = stored.PresentedVersion,
        };
    }

    private static DetailsJson Details(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> certificates) => new(
        leaf.Subject,
        leaf.Issuer,
        leaf.SerialNumber,
        CertificateText.AlternativeNames(leaf),
        CertificateText.Key(leaf),
        leaf.SignatureAlgorithm.FriendlyName ?? leaf.SignatureAlgorithm.Value ?? "",
        CertificateText.ExtendedKeyUsages(leaf),
        [.. certificates.Skip(1).Select(static certificate => new ChainJson(certificate.Subject, certificate.Issuer, CertificateText.Validity(certificate).NotAfter.UtcDateTime, CertificateStore.FingerprintOf(certificate)))]);
}

/// <summary>Result of <c>list</c>.</summary>
internal sealed record CertificateListJson(string Store, IReadOnlyList<CertificateEntryJson> Certificates);

/// <summary>One certificate. Dates and fingerprint are absent when it cannot be read, and <paramref name="Error"/> says why; <paramref name="DaysLeft"/> is negative after expiry.</summary>
internal sealed record CertificateEntryJson(
    string Name,
    int Version,
    IReadOnlyList<string> EnvironmentTypes,
    bool Enabled,
    DateTime? NotBefore,
    DateTime? NotAfter,
    int? DaysLeft,
    string? Fingerprint,
    IReadOnlyList<string> Routes,
    string? Account,
    string? Project,
    string? Error)
{
    /// <summary>The version that a proxy presents: an earlier one while the current one is not valid.</summary>
    public int PresentedVersion { get; init; }

    /// <summary>Of <c>describe</c> only.</summary>
    public DetailsJson? Details { get; init; }

    /// <summary>Of <c>describe</c> only; ascending.</summary>
    public IReadOnlyList<VersionJson>? Versions { get; init; }
}

internal sealed record DetailsJson(string Subject, string Issuer, string SerialNumber, IReadOnlyList<string> SubjectAlternativeNames, string Key, string SignatureAlgorithm, IReadOnlyList<string> ExtendedKeyUsages, IReadOnlyList<ChainJson> Intermediates);

internal sealed record ChainJson(string Subject, string Issuer, DateTime NotAfter, string Fingerprint);

internal sealed record VersionJson(int Number, bool Current, DateTime Created, string Fingerprint, string State)
{
    public bool Presented { get; init; }

    public DateTime NotBefore { get; init; }

    public DateTime NotAfter { get; init; }

    /// <summary>Which origin refused it and what it said.</summary>
    public string? Refusal { get; init; }
}

internal sealed record FindingJson(string Code, string Severity, string Message, string Next);

/// <summary>Result of a change or of <c>lint</c>.</summary>
internal sealed record ResultJson(string Result)
{
    public string? Name { get; init; }

    public CertificateEntryJson? Certificate { get; init; }

    public IReadOnlyList<FindingJson>? Findings { get; init; }

    /// <summary>The proxies that run with the store, and what the change came to there.</summary>
    public IReadOnlyList<ProxyJson>? Proxies { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CertificateListJson))]
[JsonSerializable(typeof(CertificateEntryJson))]
[JsonSerializable(typeof(ResultJson))]
internal sealed partial class CertificateJsonContext : JsonSerializerContext;
