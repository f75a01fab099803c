using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Tls;

namespace PipeProxy.Diagnosis;

/// <summary>The origin's certificates and what we think of them.</summary>
/// <param name="Certificates">The chain as it was built: leaf, intermediates, and the root if it was found.</param>
/// <param name="Sent">How many certificates the origin sent; what is above came from the trusted roots.</param>
/// <param name="Trusted">The proxy would talk to this origin.</param>
/// <param name="Why">Why it is trusted or not, one sentence.</param>
/// <param name="Next">What to do when it is not.</param>
public sealed record OriginChain(IReadOnlyList<CertificateSummary> Certificates, int Sent, bool Trusted, string Why, string? Next)
{
    /// <summary>From SslStream's own judgement, after <paramref name="verdict"/> took its reasons.</summary>
    internal static OriginChain Of(X509Certificate2 leaf, X509Chain? chain, OriginVerdict verdict, string roots)
    {
        var elements = chain?.ChainElements.Select(static element => element.Certificate).ToList() ?? [leaf];
        return new OriginChain(
            [.. elements.Select(CertificateSummary.Of)],
            Math.Max(1, chain?.ChainPolicy.ExtraStore.Count ?? 1),
            verdict.Detail is null,
            verdict.Detail ?? $"It leads to {elements[^1].Subject}, one of {roots}, is for this name and is valid now.",
            verdict.Next);
    }

    /// <summary>Judges certificates that were read from a handshake of TLS 1.2 that failed before SslStream came to judge them, by the same rules.</summary>
    internal static OriginChain? Of(IReadOnlyList<byte[]> certificates, TlsClientOptions options, OriginVerdict verdict, string roots)
    {
        try
        {
            var sent = certificates.Select(static der => X509CertificateLoader.LoadCertificate(der)).ToList();
            if (sent.Count == 0)
            {
                return null;
            }

            using var chain = new X509Chain { ChainPolicy = options.ChainPolicy() };
            chain.ChainPolicy.ExtraStore.AddRange(sent.ToArray());
            var errors = chain.Build(sent[0]) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
            if (!sent[0].MatchesHostname(options.ServerName))
            {
                errors |= SslPolicyErrors.RemoteCertificateNameMismatch;
            }

            verdict.Judge(chain, sent[0], chain, errors);
            return Of(sent[0], chain, verdict, roots);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
