using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <summary>Turns one PEM block into an RSA or ECDSA key: PKCS#8 (RFC 5208) plain and encrypted, PKCS#1 (RFC 8017), SEC1 (RFC 5915), these two also in the traditional encryption.</summary>
internal static class PrivateKeyBlock
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    internal const string EcPublicKey = "1.2.840.10045.2.1";

    // Object identifier 1.3.6.1.4.1.11591.4.11 (RFC 7914 section 7), as DER.
    private static ReadOnlySpan<byte> Scrypt => [0x06, 0x09, 0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x04, 0x0B];

    /// <summary>The key in <paramref name="block"/>, or null and one finding that says why not.</summary>
    /// <param name="block">Its data is overwritten with zeros.</param>
    /// <param name="file">What the messages call the file.</param>
    /// <param name="passphrase">For an encrypted key.</param>
    /// <param name="findings">Receives the finding.</param>
    /// <param name="owner">The certificate that the key should belong to, when it is known.</param>
    public static AsymmetricAlgorithm? Import(PemBlock block, string file, string? passphrase, ICollection<CertificateFinding> findings, X509Certificate2? owner = null)
    {
        if (block.IsTraditionallyEncrypted)
        {
            return ImportTraditional(block, file, passphrase, findings);
        }

        if (block.Data is null)
        {
            findings.Add(Malformed(file, "its data is not base64"));
            return null;
        }

        try
        {
            switch (block.Label)
            {
                case "PRIVATE KEY":
                    return ImportPkcs8(block.Data, file, findings);
                case "RSA PRIVATE KEY":
                    return Import(RSA.Create(), rsa => rsa.ImportRSAPrivateKey(block.Data, out _));
                case "EC PRIVATE KEY":
                    return Import(ECDsa.Create(), ecdsa => ecdsa.ImportECPrivateKey(block.Data, out _));
                case "ENCRYPTED PRIVATE KEY":
                    return ImportEncrypted(block.Data, file, passphrase, findings, ellipticFirst: owner?.PublicKey.Oid.Value == EcPublicKey);
                case "OPENSSH PRIVATE KEY":
                    findings.Add(Unsupported(file, "an OpenSSH key", $"Convert a copy to PEM: ssh-keygen -p -m PKCS8 -f {file}"));
                    return null;
                default:
                    findings.Add(Unsupported(file, $"a '{block.Label}'", "Use an RSA key of 2048 to 8192 bits, or an ECDSA key on P-256, P-384 or P-521."));
                    return null;
            }
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or ArgumentException)
        {
            findings.Add(Malformed(file, "it is cut short or damaged, or its curve is not a named one"));
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(block.Data);
        }
    }

    private static AsymmetricAlgorithm? ImportTraditional(PemBlock block, string file, string? passphrase, ICollection<CertificateFinding> findings)
    {
        if (!TraditionalEncryption.IsKnown(block))
        {
            findings.Add(CertificateFinding.Error(
                "key-encryption-traditional",
                $"The key in {file} is encrypted in OpenSSL's traditional form with a cipher that is not read here; AES and 3DES are.",
                $"Convert it to encrypted PKCS#8: openssl pkcs8 -topk8 -v2 aes-256-cbc -in {file} -out new-key.pem"));
            return null;
        }

        if (passphrase is null)
        {
            findings.Add(NoPassphrase(file));
            return null;
        }

        if (TraditionalEncryption.TryDecrypt(block, passphrase, out var data))
        {
            // Under a wrong passphrase the padding may be right by chance; what is in it is then no key.
            var unread = new List<CertificateFinding>();
            if (Import(block with { Headers = [], Data = data }, file, null, unread) is { } key)
            {
                return key;
            }
        }

        findings.Add(WrongPassphrase(file));
        return null;
    }

    /// <summary>Whether <paramref name="key"/> is the private half of the key in <paramref name="certificate"/>.</summary>
    public static bool Matches(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        try
        {
            switch (key)
            {
                case RSA rsa:
                    using (var other = certificate.GetRSAPublicKey())
                    {
                        return other is not null && AreEqual(rsa.ExportParameters(false), other.ExportParameters(false));
                    }

                case ECDsa ecdsa:
                    using (var other = certificate.GetECDsaPublicKey())
                    {
                        return other is not null && AreEqual(ecdsa.ExportParameters(false), other.ExportParameters(false));
                    }

                default:
                    return false;
            }
        }
        catch (CryptographicException)
        {
            // The certificate's key is damaged or on a curve unknown to OpenSSL; the lint rules name it.
            return false;
        }
    }

    private static bool AreEqual(RSAParameters a, RSAParameters b) => a.Modulus.AsSpan().SequenceEqual(b.Modulus) && a.Exponent.AsSpan().SequenceEqual(b.Exponent);

    private static bool AreEqual(ECParameters a, ECParameters b) => a.Q.X.AsSpan().SequenceEqual(b.Q.X) && a.Q.Y.AsSpan().SequenceEqual(b.Q.Y);

    // PrivateKeyInfo ::= SEQUENCE { version INTEGER, privateKeyAlgorithm SEQUENCE { algorithm OBJECT IDENTIFIER, ... }, privateKey OCTET STRING, ... }
    private static AsymmetricAlgorithm? ImportPkcs8(byte[] data, string file, ICollection<CertificateFinding> findings)
    {
        var info = new AsnReader(data, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        var algorithm = info.ReadSequence().ReadObjectIdentifier();
        switch (algorithm)
        {
            case RsaEncryption:
                return Import(RSA.Create(), rsa => rsa.ImportPkcs8PrivateKey(data, out _));
            case EcPublicKey:
                return Import(ECDsa.Create(), ecdsa => ecdsa.ImportPkcs8PrivateKey(data, out _));
            default:
                findings.Add(Unsupported(file, $"a key of type {NameOf(algorithm)}", "Use an RSA key of 2048 to 8192 bits, or an ECDSA key on P-256, P-384 or P-521."));
                return null;
        }
    }

    private static AsymmetricAlgorithm? ImportEncrypted(byte[] data, string file, string? passphrase, ICollection<CertificateFinding> findings, bool ellipticFirst)
    {
        if (passphrase is null)
        {
            findings.Add(NoPassphrase(file));
            return null;
        }

        if (data.AsSpan().IndexOf(Scrypt) >= 0)
        {
            findings.Add(CertificateFinding.Error(
                "key-encryption-scrypt",
                $"The key in {file} is encrypted with scrypt, which is not read here.",
                $"Convert it to PBKDF2: openssl pkcs8 -topk8 -v2 aes-256-cbc -in {file} -out new-key.pem"));
            return null;
        }

        // The algorithm stands inside of what is encrypted, so both are tried; the likely one first, as each costs a key derivation.
        foreach (var elliptic in new[] { ellipticFirst, !ellipticFirst })
        {
            try
            {
                return elliptic
                    ? Import(ECDsa.Create(), ecdsa => ecdsa.ImportEncryptedPkcs8PrivateKey(passphrase, data, out _))
                    : Import(RSA.Create(), rsa => rsa.ImportEncryptedPkcs8PrivateKey(passphrase, data, out _));
            }
            catch (CryptographicException)
            {
                // The passphrase is wrong, or the key is of the other kind.
            }
        }

        findings.Add(WrongPassphrase(file));
        return null;
    }

    private static T Import<T>(T key, Action<T> import)
        where T : AsymmetricAlgorithm
    {
        try
        {
            import(key);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static string NameOf(string oid) => oid switch
    {
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        _ => $"with object identifier {oid}",
    };

    private static CertificateFinding NoPassphrase(string file)
        => CertificateFinding.Error("key-encrypted", $"The key in {file} is encrypted and no passphrase was given.", "Give the file that holds its passphrase: --key-passphrase-file FILE");

    private static CertificateFinding WrongPassphrase(string file) => CertificateFinding.Error(
        "key-passphrase",
        $"The passphrase given does not open the key in {file}, or it is neither an RSA nor an ECDSA key.",
        $"Try the passphrase with: openssl pkey -in {file} -noout");

    private static CertificateFinding Malformed(string file, string why)
        => CertificateFinding.Error("key-malformed", $"The key in {file} cannot be read: {why}.", $"Check it with: openssl pkey -in {file} -noout -check");

    private static CertificateFinding Unsupported(string file, string what, string next)
        => CertificateFinding.Error("key-type", $"{file} holds {what}, which an ALB does not accept.", next);
}
