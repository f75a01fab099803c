using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>One reading of a certificate source, immutable.</summary>
/// <param name="Certificates">By name, compared ordinally. A certificate that cannot be read is absent.</param>
/// <param name="Errors">What could not be read (<see cref="ErrorSeverity.Error"/>) or looks unsafe (<see cref="ErrorSeverity.Warning"/>).</param>
public sealed record CertificateSet(IReadOnlyDictionary<string, ClientCertificate> Certificates, IReadOnlyList<ConfigurationError> Errors)
{
    /// <summary>When the source would answer differently without having been changed, because a validity begins or ends; null: never.</summary>
    public DateTimeOffset? ChangesAt { get; init; }

    /// <summary>By name: what was in force before a certificate that no proxy has put in force yet. Whoever has nothing in force under the name begins with it, and tries the other.</summary>
    internal IReadOnlyDictionary<string, ClientCertificate> StandIns { get; init; } = new Dictionary<string, ClientCertificate>();

    /// <summary>The folder of the store that was read; null where a host brings its own source.</summary>
    internal string? Store { get; init; }

    /// <summary>No certificates and no errors.</summary>
    public static CertificateSet Empty { get; } = new(new Dictionary<string, ClientCertificate>(), []);
}
