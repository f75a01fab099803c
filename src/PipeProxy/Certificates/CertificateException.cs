namespace PipeProxy.Certificates;

/// <summary>A certificate, a key or the store refuses what was asked. The message is for people and never holds key material.</summary>
public sealed class CertificateException : Exception
{
    /// <summary>Says what is wrong and what to do.</summary>
    public CertificateException(string message, string? next = null, IReadOnlyList<CertificateFinding>? findings = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Next = next;
        Findings = findings ?? [];
    }

    internal CertificateException(IReadOnlyList<CertificateFinding> findings)
        : this(Worst(findings).Message, Worst(findings).Next, findings)
    {
    }

    /// <summary>What to do about it, one sentence; null when there is nothing to say.</summary>
    public string? Next { get; }

    /// <summary>Everything that was found, when the cause is a certificate or a key; else empty.</summary>
    public IReadOnlyList<CertificateFinding> Findings { get; }

    private static CertificateFinding Worst(IReadOnlyList<CertificateFinding> findings)
        => findings.FirstOrDefault(finding => finding.Severity == FindingSeverity.Error) ?? findings[0];
}
