using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Diagnosis;

/// <summary>Says why an ALB would refuse a certificate: from the alert where it tells, else from what the certificate itself shows.</summary>
/// <param name="Reason">The code that its connection log would have.</param>
/// <param name="Because">A clause that completes "refused the certificate: ...".</param>
/// <param name="Next">What to do.</param>
internal sealed record AlbReasonPrediction(AlbReason Reason, string Because, string Next)
{
    // In the order in which an ALB looks: what kind it is, where it leads, when it is valid, what it is for.
    private static readonly (string Code, AlbReason Reason)[] ByFinding =
    [
        ("x509-version", AlbReason.ClientCertTypeUnsupported),
        ("key-type", AlbReason.ClientCertTypeUnsupported),
        ("rsa-size", AlbReason.ClientCertTypeUnsupported),
        ("ec-curve", AlbReason.ClientCertTypeUnsupported),
        ("signature-hash", AlbReason.ClientCertTypeUnsupported),
        ("chain-size", AlbReason.ClientCertMaxSizeExceeded),
        ("chain-depth", AlbReason.ClientCertMaxChainDepthExceeded),
        ("not-yet-valid", AlbReason.ClientCertNotYetValid),
        ("expired", AlbReason.ClientCertExpired),
        ("eku", AlbReason.ClientCertPurposeInvalid),
    ];

    /// <param name="certificate">What was presented.</param>
    /// <param name="alert">The alert that ended the connection; null when it ended without one.</param>
    /// <param name="acceptableIssuers">Authorities that the origin advertised; null when unknown.</param>
    /// <param name="now">The moment that dates are compared with.</param>
    internal static AlbReasonPrediction Of(ClientCertificate certificate, byte? alert, IReadOnlyList<string>? acceptableIssuers, DateTimeOffset now)
    {
        IReadOnlyList<X509Certificate2> presented = [certificate.Leaf, .. certificate.Context.IntermediateCertificates];
        var findings = CertificateLint.Check([certificate.Leaf, .. certificate.Intermediates], now).Concat(CertificateLint.Check(presented, now)).ToList();
        var update = $"pipeproxy mtls-certificate update --name {certificate.Name} --cert FILE --key FILE";
        switch (alert)
        {
            case 44:
                return new(AlbReason.ClientCertCrlHit, "it is revoked; a revocation list of the origin names it", $"Have a new certificate issued and put it in place: {update}");
            case 45 when Find(findings, "expired") is null:
                return new(AlbReason.ClientCertExpired, $"for the origin it has expired, although it is valid until {Day(certificate.NotAfter)}", "Compare the origin's clock with this one; an authority in the origin's trust store may have expired.");
            case 45:
                return new(AlbReason.ClientCertExpired, Clause(Find(findings, "expired")!), $"Have it issued again and put it in place: {update}");
            case 48 when Find(findings, "chain-depth") is null:
                return Untrusted(certificate, acceptableIssuers);
            case 49:
                return new(AlbReason.ClientCertRejected, "it is known and has no access there (a rule of the origin's own)", "Look at the origin's access rules for this subject.");
        }

        foreach (var (code, reason) in ByFinding)
        {
            if (Find(findings, code) is { } finding)
            {
                return new(reason, Clause(finding), code is "expired" or "eku" or "x509-version" ? $"{finding.Next.TrimEnd('.')}, then put it in place: {update}" : finding.Next);
            }
        }

        return alert switch
        {
            null => Untrusted(certificate, acceptableIssuers) with { Because = $"no reason was given, and nothing is wrong with the certificate itself, so most likely the origin does not trust {IssuerOf(certificate)}, or has the certificate on a revocation list" },
            43 => new(AlbReason.ClientCertTypeUnsupported, "the origin does not take this kind of certificate, key or usage", "Look at the origin's log, and at what its security policy allows for client certificates."),
            40 => new(AlbReason.ClientCertIncompatible, "the origin's security policy does not go with it, or its log says more", "Look at the listener's security policy: the certificate's key type and signature must be among what it allows."),
            42 or 46 or 51 => new(AlbReason.ClientCertInvalid, "the origin could not use it for a reason that the alert does not tell", "Look at the origin's log (an ALB's connection log has the reason); a revocation list that has run out looks like this, too."),
            48 => Untrusted(certificate, acceptableIssuers),
            _ => new(AlbReason.UnmappedConnectionError, "for a reason of its own", "Look at the origin's log at this time."),
        };
    }

    /// <summary>Whether one of the authorities that the origin advertised issued a certificate of the chain; null when none is advertised.</summary>
    internal static bool? IsAdvertised(ClientCertificate certificate, IReadOnlyList<string>? acceptableIssuers)
        => acceptableIssuers is null or { Count: 0 } ? null : IssuersOf(certificate).Any(acceptableIssuers.Contains);

    private static AlbReasonPrediction Untrusted(ClientCertificate certificate, IReadOnlyList<string>? acceptableIssuers)
    {
        var issuer = IssuerOf(certificate);
        var because = IsAdvertised(certificate, acceptableIssuers) == false
            ? $"it accepts certificates of {List(acceptableIssuers!)}, and this one leads to {issuer}"
            : $"it does not trust {issuer}, to which the certificate leads, or a certificate in between is missing";
        return new(AlbReason.ClientCertUntrusted, because, $"Add {issuer} to the origin's trust store; if an intermediate issued the certificate, upload it behind the leaf in the same file.");
    }

    private static string IssuerOf(ClientCertificate certificate) => IssuersOf(certificate)[^1];

    private static List<string> IssuersOf(ClientCertificate certificate)
        => [certificate.Leaf.Issuer, .. certificate.Context.IntermediateCertificates.Select(static intermediate => intermediate.Issuer)];

    private static string List(IReadOnlyList<string> names)
        => names.Count <= 3 ? string.Join(" or ", names) : $"{string.Join(", ", names.Take(3))} and {(names.Count - 3).ToString(CultureInfo.InvariantCulture)} more";

    private static CertificateFinding? Find(List<CertificateFinding> findings, string code) => findings.Find(finding => finding.Code == code);

    // A finding's sentence up to what it says of ALBs, as a clause.
    private static string Clause(CertificateFinding finding)
    {
        var text = finding.Message.TrimEnd('.');
        var end = text.IndexOf("; routes that name it", StringComparison.Ordinal);
        end = end < 0 ? text.IndexOf("; until then routes", StringComparison.Ordinal) : end;
        end = end < 0 ? text.IndexOf("; an ALB refuses it", StringComparison.Ordinal) : end;
        text = end < 0 ? text : text[..end];
        return char.ToLowerInvariant(text[0]) + text[1..];
    }

    private static string Day(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
