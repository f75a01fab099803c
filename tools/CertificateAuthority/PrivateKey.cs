using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;

namespace CertificateAuthority;

/// <summary>A key pair, kept as PKCS#8 and written in the formats that keys travel in.</summary>
/// <remarks>
/// Pairs come from the platform, not from BouncyCastle: OpenSSL makes an RSA-2048 pair in a few hundredths of a second.
/// ToString says the kind and nothing of the key.
/// </remarks>
internal sealed class PrivateKey
{
    // RFC 8018, PBES2: the parameters that OpenSSL 3 writes by default, with more iterations than its 2048.
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000);

    private readonly byte[] _pkcs8;

    private PrivateKey(byte[] pkcs8, bool isRsa, AsymmetricKeyParameter publicKey)
    {
        _pkcs8 = pkcs8;
        IsRsa = isRsa;
        Public = publicKey;
    }

    public bool IsRsa { get; }

    public AsymmetricKeyParameter Public { get; }

    public AsymmetricKeyParameter Private => PrivateKeyFactory.CreateKey(_pkcs8);

    public static PrivateKey Generate(KeyKind kind)
    {
        using AsymmetricAlgorithm pair = kind switch
        {
            KeyKind.Rsa1024 => RSA.Create(1024),
            KeyKind.Rsa2048 => RSA.Create(2048),
            KeyKind.Rsa3072 => RSA.Create(3072),
            KeyKind.Rsa4096 => RSA.Create(4096),
            KeyKind.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            KeyKind.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            KeyKind.EcdsaP521 => ECDsa.Create(ECCurve.NamedCurves.nistP521),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        return From(pair);
    }

    /// <summary>Reads an unencrypted key in PKCS#8, PKCS#1 or SEC1 form.</summary>
    public static PrivateKey Parse(string pem)
    {
        bool isRsa = pem.Contains("RSA PRIVATE KEY", StringComparison.Ordinal);
        if (!isRsa && pem.Contains("BEGIN PRIVATE KEY", StringComparison.Ordinal))
        {
            isRsa = PrivateKeyFactory.CreateKey(DerOf(pem)) is Org.BouncyCastle.Crypto.Parameters.RsaKeyParameters;
        }

        using AsymmetricAlgorithm pair = isRsa ? RSA.Create() : ECDsa.Create();
        pair.ImportFromPem(pem);
        return From(pair);
    }

    public string ToPem(KeyFormat format)
    {
        switch (format)
        {
            case KeyFormat.Pkcs8:
                return PemEncoding.WriteString("PRIVATE KEY", _pkcs8) + "\n";
            case KeyFormat.Pkcs1 when IsRsa:
                using (var rsa = ToRsa())
                {
                    return rsa.ExportRSAPrivateKeyPem() + "\n";
                }

            case KeyFormat.Sec1 when !IsRsa:
                using (var ecdsa = ToECDsa())
                {
                    return ecdsa.ExportECPrivateKeyPem() + "\n";
                }

            default:
                throw new InvalidOperationException($"{format} cannot hold an {(IsRsa ? "RSA" : "ECDSA")} key.");
        }
    }

    public string ToEncryptedPem(string passphrase)
    {
        using AsymmetricAlgorithm pair = IsRsa ? ToRsa() : ToECDsa();
        return pair.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption) + "\n";
    }

    public RSA ToRsa()
    {
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(_pkcs8, out _);
        return rsa;
    }

    public ECDsa ToECDsa()
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(_pkcs8, out _);
        return ecdsa;
    }

    public override string ToString() => IsRsa ? "RSA key" : "ECDSA key";

    private static PrivateKey From(AsymmetricAlgorithm pair) =>
        new(pair.ExportPkcs8PrivateKey(), pair is RSA, PublicKeyFactory.CreateKey(pair.ExportSubjectPublicKeyInfo()));

    private static byte[] DerOf(string pem)
    {
        var fields = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }
}
