using PipeProxy.Telemetry;

namespace PipeProxy.Rotation;

/// <summary>What an origin made of a certificate that is not in force yet.</summary>
public enum CanaryVerdict
{
    /// <summary>It answered: the probe, or a byte of its own.</summary>
    Accepted,

    /// <summary>The handshake ended and nothing was said against the certificate for 2 s. Counts as accepted.</summary>
    Silent,

    /// <summary>An alert, or the connection's end, within 2 s. The rotation is rolled back.</summary>
    Refused,

    /// <summary>The origin could not be asked. Is warned of and holds nothing up.</summary>
    Unreachable,
}

/// <summary>One origin's answer to a certificate on trial.</summary>
/// <param name="Origin">The origin as people write it.</param>
/// <param name="Verdict">What it made of the certificate.</param>
/// <param name="Detail">What happened, one sentence.</param>
/// <param name="Next">What to do about it; null when there is nothing to say.</param>
/// <param name="Alert">The TLS alert's number; null when there was none.</param>
public sealed record CanaryResult(string Origin, CanaryVerdict Verdict, string Detail, string? Next = null, byte? Alert = null)
{
    /// <summary>Authorities that the origin says it accepts; empty when it names none, null when it was not looked at.</summary>
    public IReadOnlyList<string>? AcceptableAuthorities { get; init; }

    /// <summary>How the connection failed; null when it did not.</summary>
    internal Failure? Failure { get; init; }

    /// <summary>Issuers of the chain on trial, when none of <see cref="AcceptableAuthorities"/> is among them; else null.</summary>
    public IReadOnlyList<string>? UnacceptedIssuers { get; init; }
}
