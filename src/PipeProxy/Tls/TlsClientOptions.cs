using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Tls;

/// <summary>How we are a TLS client of one origin. Built once per pool key and used again for every handshake.</summary>
internal sealed record TlsClientOptions
{
    private static readonly List<SslApplicationProtocol> Http11 = [SslApplicationProtocol.Http11];

    /// <summary>Sent as SNI, and the name that the origin's certificate must have.</summary>
    internal required string ServerName { get; init; }

    /// <summary>The client certificate with its chain and key, presented when the origin asks. Null: none.</summary>
    internal SslStreamCertificateContext? CertificateContext { get; init; }

    /// <summary>The certificate's name in the store, for texts.</summary>
    internal string? CertificateName { get; init; }

    /// <summary>Replaces the system's roots. Null: the system's.</summary>
    internal X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Is told which authorities the origin names when it asks for a certificate (RFC 8446 section 4.2.4). Only without a <see cref="CertificateContext"/>: with one, SslStream does not tell.</summary>
    internal Action<IReadOnlyList<string>>? OnCertificateRequest { get; init; }

    /// <summary>Sessions are resumed although a client certificate is presented. Default false.</summary>
    internal bool Resume { get; init; }

    /// <summary>An origin that asks for no certificate fails the handshake. Default false.</summary>
    internal bool RequireCertificateRequest { get; init; }

    /// <summary>From the call to the published connection. Default 5 s.</summary>
    internal TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Versions that are offered. Default TLS 1.2 and 1.3.</summary>
    internal SslProtocols Protocols { get; init; } = TlsProtocols.Allowed;

    internal SslClientAuthenticationOptions ForHandshake(OriginVerdict verdict) => new()
    {
        TargetHost = ServerName,
        ClientCertificateContext = CertificateContext,
        ApplicationProtocols = Http11,
        EnabledSslProtocols = Protocols,
        AllowRenegotiation = false,
        AllowTlsResume = Resume || CertificateContext is null,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = verdict.Judge,
        LocalCertificateSelectionCallback = CertificateContext is null && OnCertificateRequest is { } asked ? (_, _, _, remote, issuers) => Tell(asked, remote, issuers) : null,
    };

    // It is called once before anything is sent, and again, with the origin's certificate, when the origin asks for ours.
    private static X509Certificate Tell(Action<IReadOnlyList<string>> asked, X509Certificate? remote, string[] issuers)
    {
        if (remote is not null)
        {
            asked(issuers);
        }

        return null!;
    }

    /// <summary>By which rules an origin's certificate is judged. A new one each time: SslStream adds to it.</summary>
    internal X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1", "serverAuth"));
        if (TrustedRoots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(TrustedRoots);
        }

        return policy;
    }
}
