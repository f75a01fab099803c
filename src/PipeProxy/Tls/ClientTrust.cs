using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tls;

/// <summary>What an https listener asks of its clients' certificates: whether there must be one, and which roots it must lead to. Immutable.</summary>
internal sealed class ClientTrust(ClientCertificateMode mode, X509Certificate2Collection authorities)
{
    internal ClientCertificateMode Mode { get; } = mode;

    /// <summary>Names the authorities in the handshake, so that a client with several certificates knows which to show.</summary>
    internal SslCertificateTrust Hint { get; } = SslCertificateTrust.CreateForX509Collection(authorities, sendTrustInHandshake: true);

    /// <summary>Options of one handshake that asks for a certificate and leaves the answer to <paramref name="verdict"/>.</summary>
    /// <remarks>
    /// Without resumption: a session keeps the client's certificate but not the intermediates that it came with, so a resumed one could not be verified again.
    /// </remarks>
    internal SslServerAuthenticationOptions Ask(SslServerAuthenticationOptions options, ClientVerdict verdict) => new()
    {
        ServerCertificateContext = options.ServerCertificateContext,
        ApplicationProtocols = options.ApplicationProtocols,
        EnabledSslProtocols = options.EnabledSslProtocols,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        ClientCertificateRequired = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = verdict.Judge,
    };

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2", "clientAuth"));
        policy.CustomTrustStore.AddRange(authorities);

        // A bundle may hold intermediates that clients do not send.
        policy.ExtraStore.AddRange(authorities);
        return policy;
    }
}
