using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;

namespace AlbSimulator;

/// <summary>The listener's certificate chain and key. Immutable, shared by all connections.</summary>
internal sealed class ServerIdentity
{
    private readonly byte[][] _chain;
    private readonly AsymmetricKeyParameter _key;

    public ServerIdentity(string certificatePem, string privateKeyPem)
    {
        var certificates = new X509CertificateParser().ReadCertificates(Encoding.ASCII.GetBytes(certificatePem));
        if (certificates.Count == 0)
        {
            throw new ArgumentException("The server's certificate file holds no certificate.", nameof(certificatePem));
        }

        _chain = [.. certificates.Select(certificate => certificate.GetEncoded())];
        IsRsa = certificates[0].GetPublicKey() is RsaKeyParameters;
        _key = ReadKey(privateKeyPem, IsRsa);
    }

    public bool IsRsa { get; }

    /// <summary>A signer for one handshake, with the first of the client's signature algorithms that suits the key.</summary>
    public TlsCredentialedSigner SignerFor(TlsServerContext context, BcTlsCrypto crypto)
    {
        bool isTls13 = TlsUtilities.IsTlsV13(context);
        var algorithm = context.SecurityParameters.ClientSigAlgs?.FirstOrDefault(offered => Suits(offered, isTls13))
            ?? throw new TlsFatalAlert(AlertDescription.handshake_failure);
        return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(context), crypto, _key, ChainFor(crypto, isTls13), algorithm);
    }

    private bool Suits(SignatureAndHashAlgorithm offered, bool isTls13)
    {
        int scheme = SignatureScheme.From(offered);
        if (IsRsa)
        {
            // RFC 8446 section 4.2.3: RSASSA-PKCS1-v1_5 is not for TLS 1.3 handshakes.
            bool pkcs1 = scheme is SignatureScheme.rsa_pkcs1_sha256 or SignatureScheme.rsa_pkcs1_sha384 or SignatureScheme.rsa_pkcs1_sha512;
            return scheme is SignatureScheme.rsa_pss_rsae_sha256 or SignatureScheme.rsa_pss_rsae_sha384 or SignatureScheme.rsa_pss_rsae_sha512
                || (pkcs1 && !isTls13);
        }

        // In TLS 1.3 the scheme names the curve as well; in TLS 1.2 the hash alone.
        int bits = ((ECKeyParameters)_key).Parameters.Curve.FieldSize;
        return scheme switch
        {
            SignatureScheme.ecdsa_secp256r1_sha256 => bits == 256 || !isTls13,
            SignatureScheme.ecdsa_secp384r1_sha384 => bits == 384 || !isTls13,
            SignatureScheme.ecdsa_secp521r1_sha512 => bits == 521 || !isTls13,
            _ => false,
        };
    }

    private Certificate ChainFor(BcTlsCrypto crypto, bool isTls13)
    {
        if (isTls13)
        {
            return new Certificate(TlsUtilities.EmptyBytes, [.. _chain.Select(der => new CertificateEntry(new BcTlsCertificate(crypto, der), null))]);
        }

        TlsCertificate[] certificates = [.. _chain.Select(der => new BcTlsCertificate(crypto, der))];
        return new Certificate(certificates);
    }

    /// <summary>The platform reads PKCS#8, PKCS#1 and SEC1 alike.</summary>
    private static AsymmetricKeyParameter ReadKey(string pem, bool isRsa)
    {
        using AsymmetricAlgorithm pair = isRsa ? RSA.Create() : ECDsa.Create();
        pair.ImportFromPem(pem);
        return PrivateKeyFactory.CreateKey(pair.ExportPkcs8PrivateKey());
    }
}
