using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tls;

/// <summary>Who is at the other end, and what we showed them: words for failures. Read only when something failed.</summary>
internal sealed class TlsPeer(string? serverName, EndPoint? address, string? certificateName, SslStreamCertificateContext? presented)
{
    /// <summary>We are its client.</summary>
    internal bool IsOrigin => serverName is not null;

    /// <summary>The peer at the beginning of a sentence.</summary>
    internal string Sentence => $"{(IsOrigin ? "The origin" : "The client")} {Named}";

    private string Named => serverName is null ? $"{address}" : $"{serverName} ({address})";

    private string Certificate => certificateName is null ? "the client certificate" : $"the client certificate '{certificateName}'";

    public override string ToString() => $"{(IsOrigin ? "the origin" : "the client")} {Named}";

    /// <summary>What to do about an alert (RFC 8446 section 6.2).</summary>
    internal string NextAfter(byte alert)
    {
        if (!IsOrigin)
        {
            return "Look at the client: it refused this listener's certificate, or what the listener offers.";
        }

        return alert switch
        {
            40 or 116 when presented is null => "The origin demands a client certificate and this route presents none: set mtlsCertificate on the route.",
            40 => "The origin and we agree on no cipher suite or signature algorithm, or it did not accept the client certificate: look at its log.",
            42 => $"The origin could not use {Certificate}: check its signature algorithm and key, and that the whole chain was uploaded.",
            43 => $"The origin does not take this kind of certificate: check the key type and the extended key usage (clientAuth) of {Certificate}.",
            44 => $"{Upper(Certificate)} is revoked: issue a new one and update it.",
            45 => $"{Upper(Certificate)} has expired ({Expiry}): issue a new one and update it.",
            46 => $"The origin did not accept {Certificate} for a reason of its own: look at its log.",
            48 => $"Add the CA that issued {Certificate} ({Issuer}) to the origin's trust store, or upload the missing intermediate certificates.",
            49 => $"The origin knows {Certificate} but grants it no access: look at its access rules.",
            51 => $"The origin could not verify the signature made with {Certificate}: check that key and certificate belong together.",
            70 => "The origin speaks none of the TLS versions that are allowed here: enable TLS 1.2 or 1.3 on the origin.",
            71 => "The origin finds the offered cipher suites too weak: check its security policy.",
            80 => "The origin failed for a reason of its own: look at its log.",
            112 => $"The origin has no certificate for the name {serverName}: set the origin's serverName to a name it serves.",
            116 => "The origin says that it got no client certificate although one is set: look at its log for the certificate it expects.",
            120 => "The origin does not offer HTTP/1.1 (ALPN http/1.1): enable it there.",
            _ => "The origin gave no other reason: look at its log.",
        };
    }

    /// <summary>What a handshake showed, for an operator; null on a server's side. Reads the hellos, so only when something failed.</summary>
    /// <param name="transport">Has the bytes.</param>
    /// <param name="requested">Whether a certificate of ours was asked for; null when that is not known.</param>
    /// <param name="verdict">What we thought of the origin's certificates; null when they were accepted.</param>
    /// <param name="leaf">The origin's certificate where the bytes do not show it; null when that is not known.</param>
    internal HandshakeSummary? Summarise(TlsTransportStream transport, bool? requested, OriginVerdict? verdict, X509Certificate2? leaf)
    {
        if (!IsOrigin)
        {
            return null;
        }

        var seen = transport.ReadHellos();
        var facts = seen.Facts;
        return new HandshakeSummary
        {
            Protocol = facts.Protocol,
            Cipher = facts.Cipher,
            Group = facts.Group,
            Resumed = facts.Resumed,
            CertificateRequested = seen.AcceptableIssuers is null ? requested : true,
            AcceptableIssuers = seen.AcceptableIssuers?.Select(OneLine.Of).ToList(),
            PresentedChain = presented is null ? [] : [.. presented.IntermediateCertificates.Prepend(presented.TargetCertificate).Select(NamesOf)],
            OriginChain = verdict?.Chain ?? (seen.OriginCertificates.Count > 0 ? ChainOf(seen.OriginCertificates) : leaf is null ? [] : [NamesOf(leaf)]),
            OriginTrusted = verdict is null ? true : verdict.Trusted,
            OriginProblem = verdict?.Detail,
        };
    }

    /// <summary>A certificate by its names.</summary>
    internal static ChainCertificate NamesOf(X509Certificate2 certificate) => new(OneLine.Of(certificate.Subject), OneLine.Of(certificate.Issuer));

    // Nobody has judged these bytes yet.
    private static List<ChainCertificate> ChainOf(IReadOnlyList<byte[]> certificates)
    {
        var chain = new List<ChainCertificate>();
        try
        {
            foreach (var der in certificates)
            {
                using var certificate = X509CertificateLoader.LoadCertificate(der);
                chain.Add(NamesOf(certificate));
            }
        }
        catch (CryptographicException)
        {
            chain.Add(new ChainCertificate("(unreadable)", "(unreadable)"));
        }

        return chain;
    }

    private string Issuer => presented?.IntermediateCertificates.Count > 0 ? presented.IntermediateCertificates[^1].Issuer : presented?.TargetCertificate.Issuer ?? "unknown";

    private string Expiry => presented is null ? "unknown" : presented.TargetCertificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
