using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>One reading of a certificate source, immutable.</summary>
/// <param name="Certificates">By name, compared ordinally. A certificate that cannot be read is absent.</param>
/// <param name="Errors">What could not be read (<see cref="ErrorSeverity.Error"/>) or looks unsafe (<see cref="ErrorSeverity.Warning"/>).</param>
public sealed record CertificateSet(IReadOnlyDictionary<string, ClientCertificate> Certificates, IReadOnlyList<ConfigurationError> Errors)
{
    /// <summary>When the source would answer differently without having been changed, because a validity begins or ends; null: never.</summary>
    public DateTimeOffset? ChangesAt { get; init; }

    /// <summary>No certificates and no errors.</summary>
    public static CertificateSet Empty { get; } = new(new Dictionary<string, ClientCertificate>(), []);
}
