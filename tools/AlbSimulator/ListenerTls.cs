using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;

namespace AlbSimulator;

/// <summary>The server side of one handshake: what is offered, what is asked of the client, and when a refusal is spoken.</summary>
/// <remarks>
/// In TLS 1.3 BouncyCastle reports the client's certificate before it has read the client's Finished. The verdict is kept until the
/// handshake is complete, so that the alert is under the application keys and the client finds it with its first read, as servers
/// that verify late behave. No session is ever resumed: an ALB in verify mode does not either.
/// <c>refused</c> is called before the alert is sent, so that whoever sees the alert finds the record of it.
/// </remarks>
internal sealed class ListenerTls(
    LoadBalancerOptions options, ServerIdentity identity, ClientCertificateVerifier? verifier, Wire wire, Action<Rejection> refused)
    : DefaultTlsServer(new BcTlsCrypto())
{
    private static readonly int[] Suites =
    [
        CipherSuite.TLS_AES_128_GCM_SHA256,
        CipherSuite.TLS_AES_256_GCM_SHA384,
        CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly SignatureAndHashAlgorithm[] ClientSignatures =
    [
        .. new[]
        {
            SignatureScheme.ecdsa_secp256r1_sha256, SignatureScheme.ecdsa_secp384r1_sha384, SignatureScheme.ecdsa_secp521r1_sha512,
            SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_rsae_sha384, SignatureScheme.rsa_pss_rsae_sha512,
            SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.rsa_pkcs1_sha384, SignatureScheme.rsa_pkcs1_sha512,
        }.Select(SignatureScheme.GetSignatureAndHashAlgorithm),
    ];

    /// <summary>What was presented, leaf first; empty before the client's Certificate message, or when it was empty.</summary>
    public IReadOnlyList<X509Certificate> ClientChain { get; private set; } = [];

    /// <summary>Set as soon as the client's certificate was judged and found wanting, whenever the alert goes out.</summary>
    public Rejection? Rejection { get; private set; }

    /// <summary><c>TLSv1.2</c>, <c>TLSv1.3</c>, or <c>-</c> before a version was agreed on.</summary>
    public string ProtocolName { get; private set; } = "-";

    /// <summary>The cipher suite as OpenSSL and an ALB name it, or <c>-</c>.</summary>
    public string CipherName { get; private set; } = "-";

    private bool IsTls13 => TlsUtilities.IsTlsV13(m_context);

    public override int GetSelectedCipherSuite()
    {
        int suite = base.GetSelectedCipherSuite();
        ProtocolName = IsTls13 ? "TLSv1.3" : "TLSv1.2";
        CipherName = CipherNames.Of(suite);
        return suite;
    }

    public override TlsCredentials GetCredentials() => identity.SignerFor(m_context, (BcTlsCrypto)Crypto);

    public override CertificateRequest GetCertificateRequest()
    {
        if (options.Mode == MutualTlsMode.Off)
        {
            return null!;
        }

        X509Name[]? authorities = options.AdvertiseCa && verifier is not null ? [.. verifier.Authorities] : null;
        return IsTls13
            ? new CertificateRequest(TlsUtilities.EmptyBytes, ClientSignatures, null, authorities)
            : new CertificateRequest([ClientCertificateType.ecdsa_sign, ClientCertificateType.rsa_sign], ClientSignatures, authorities);
    }

    public override void NotifyClientCertificate(Certificate clientCertificate)
    {
        RejectionReason? reason = Judge(clientCertificate);
        if (options.Mode != MutualTlsMode.Verify || reason is null)
        {
            return;
        }

        byte alert = options.Alert ?? RejectionAlert.Of(reason.Value, IsTls13, presented: !clientCertificate.IsEmpty);
        string? subject = ClientChain.Count > 0 ? CertificateFields.NameOf(ClientChain[0].SubjectDN) : null;
        Rejection = new Rejection(reason.Value, alert, subject, ProtocolName);
        if (!IsTls13 && options.RejectStyle != RejectStyle.LateAlert)
        {
            Refuse(Rejection);
        }
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        if (Rejection is not null)
        {
            Refuse(Rejection);
        }
    }

    // Many clients end without close_notify; for a request that was answered it makes no difference.
    public override bool RequiresCloseNotify() => false;

    public override int GetHandshakeTimeoutMillis() => 0;

    // Above the limit that is judged, so that what exceeds it is refused for its size and not as a broken handshake.
    public override int GetMaxHandshakeMessageSize() => 4 * ClientCertificateVerifier.MaxBytes;

    protected override int[] GetSupportedCipherSuites() =>
        [.. Suites.Where(suite => CipherNames.Suits(suite, identity.IsRsa))];

    protected override ProtocolVersion[] GetSupportedVersions() => options.Tls switch
    {
        TlsVersions.Tls12 => ProtocolVersion.TLSv12.Only(),
        TlsVersions.Tls13 => ProtocolVersion.TLSv13.Only(),
        _ => ProtocolVersion.TLSv13.DownTo(ProtocolVersion.TLSv12),
    };

    // An ALB speaks HTTP/1.1 or HTTP/2; this one speaks HTTP/1.1 and says so when asked.
    protected override IList<ProtocolName> GetProtocolNames() => [Org.BouncyCastle.Tls.ProtocolName.Http_1_1];

    private RejectionReason? Judge(Certificate presented)
    {
        if (presented.IsEmpty)
        {
            return RejectionReason.UnmappedConnectionError;
        }

        try
        {
            ClientChain = [.. presented.GetCertificateList().Select(certificate => new X509Certificate(certificate.GetEncoded()))];
        }
        catch (Exception e) when (e is ArgumentException or IOException or Org.BouncyCastle.Security.GeneralSecurityException)
        {
            return RejectionReason.ClientCertInvalid;
        }

        return options.FailWith ?? verifier?.Verify(ClientChain);
    }

    private void Refuse(Rejection rejection)
    {
        refused(rejection);
        if (options.RejectStyle is RejectStyle.Eof or RejectStyle.Reset)
        {
            wire.Mute();
        }

        throw new TlsFatalAlert(rejection.Alert);
    }
}
