using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>What a store says about one certificate without opening its key: for listings.</summary>
public sealed record StoredCertificate
{
    /// <summary>The name that routes use.</summary>
    public required string Name { get; init; }

    /// <summary>The version that an operator put in force last and no origin refused.</summary>
    public required int Version { get; init; }

    /// <summary>The version that is presented now: <see cref="Version"/>, or an earlier one while that is not valid.</summary>
    public int PresentedVersion { get; init; }

    /// <summary>Where it may be presented.</summary>
    public IReadOnlyList<EnvironmentType> EnvironmentTypes { get; init; } = [];

    /// <summary>False when it was switched off.</summary>
    public bool Enabled { get; init; }

    /// <summary>As given to create, or null.</summary>
    public string? Account { get; init; }

    /// <summary>As given to create, or null.</summary>
    public string? Project { get; init; }

    /// <summary>Leaf first, then intermediates, without keys; empty when <see cref="Error"/> is set.</summary>
    public IReadOnlyList<X509Certificate2> Certificates { get; init; } = [];

    /// <summary>Every version that the store still has, ascending.</summary>
    public IReadOnlyList<StoredVersion> Versions { get; init; } = [];

    /// <summary>Why the active version cannot be read; null when it can.</summary>
    public string? Error { get; init; }
}

/// <summary>One version of a stored certificate.</summary>
/// <param name="Number">Counts up from 1 under each name.</param>
/// <param name="Created">When it was written, UTC.</param>
/// <param name="Fingerprint">Lower-case hex of SHA-256 over the leaf's DER.</param>
/// <param name="State">What it is to the certificate.</param>
public sealed record StoredVersion(int Number, DateTimeOffset Created, string Fingerprint, CertificateState State)
{
    /// <summary>Start of its validity, UTC.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>End of its validity, UTC.</summary>
    public DateTimeOffset NotAfter { get; init; }

    /// <summary>Which origin refused it and what it said; null when none did.</summary>
    public string? Refusal { get; init; }
}
