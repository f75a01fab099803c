namespace PipeProxy.Rotation;

/// <summary>How a change of certificate under a name ended.</summary>
public enum RotationOutcome
{
    /// <summary>The new version is in force.</summary>
    Switched,

    /// <summary>An origin refused the new version; the one before stays in force.</summary>
    RolledBack,

    /// <summary>Another change came before this one was decided: a certificate behind it, a word of the operator's that disabled or removed it, its end, or a configuration without a route that presents it.</summary>
    Superseded,
}

/// <summary>A certificate was replaced under its name, or was not because an origin refused it.</summary>
/// <param name="Certificate">The name that routes use.</param>
/// <param name="FromVersion">The version in force before.</param>
/// <param name="ToVersion">The version that was tried.</param>
/// <param name="Outcome">Which of them is in force now.</param>
/// <param name="Origins">What each origin said, by name; empty when none was asked.</param>
public sealed record CertificateRotation(string Certificate, int FromVersion, int ToVersion, RotationOutcome Outcome, IReadOnlyList<CanaryResult> Origins)
{
    /// <summary>An operator's word put the version in force, whatever origins said.</summary>
    public bool Forced { get; init; }
}
