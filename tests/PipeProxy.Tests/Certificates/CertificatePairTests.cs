using System.Security.Cryptography;
using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificatePairTests : IDisposable
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private readonly TemporaryFolder _folder = new();
    private readonly List<CertificateFinding> _findings = [];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> KeyFormats => ["rsa-pkcs8", "rsa-pkcs1", "rsa-encrypted", "ec-pkcs8", "ec-sec1", "ec-encrypted", "ec-after-parameters"];

    [Theory]
    [MemberData(nameof(KeyFormats))]
    public void EveryKeyFormat_IsRead(string format)
    {
        var issued = format.StartsWith("rsa", StringComparison.Ordinal) ? IssuedCertificate.Leaf(key: IssuedCertificate.Rsa2048) : IssuedCertificate.Good;
        var pem = format switch
        {
            "rsa-pkcs8" or "ec-pkcs8" => issued.KeyPem,
            "rsa-pkcs1" => ((RSA)issued.Key).ExportRSAPrivateKeyPem(),
            "ec-sec1" => ((ECDsa)issued.Key).ExportECPrivateKeyPem(),
            "ec-after-parameters" => "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + ((ECDsa)issued.Key).ExportECPrivateKeyPem(),
            _ => issued.Key.ExportEncryptedPkcs8PrivateKeyPem("open sesame", Encryption),
        };

        using var pair = Read(issued.CertificatePem, pem, "open sesame");

        Assert.Empty(_findings);
        Assert.NotNull(pair);
        using var leaf = pair.LeafWithKey();
        Assert.True(leaf.HasPrivateKey);
        Assert.DoesNotContain("PRIVATE", pair.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WindowsLineEndsTextAroundAndByteOrderMark_AreAccepted()
    {
        var text = "\uFEFFBag Attributes\n  friendlyName: x\n" + IssuedCertificate.Good.CertificatePem + "trailing words\n";
        using var pair = Read(text.ReplaceLineEndings("\r\n"), IssuedCertificate.Good.KeyPem.ReplaceLineEndings("\r\n"));
        Assert.NotNull(pair);
    }

    [Fact]
    public void LeafAndIntermediates_KeepTheirOrder()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        var leaf = IssuedCertificate.Leaf(intermediate);
        using var pair = leaf.ToPair(intermediate);
        Assert.Equal([leaf.Certificate.Subject, "CN=Test Intermediate"], pair.Certificates.Select(static certificate => certificate.Subject));
    }

    [Fact]
    public void EncryptedKeyWithoutPassphrase_AsksForIt()
        => Refused("key-encrypted", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.Key.ExportEncryptedPkcs8PrivateKeyPem("x", Encryption), "--key-passphrase-file");

    [Fact]
    public void KeyEncryptedWithScrypt_NamesTheConversion()
    {
        // What openssl pkcs8 -topk8 -scrypt writes for a P-256 key.
        const string Pem = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiwMOoJE8Ia6QICQAAC
            AQgCAQEwHQYJYIZIAWUDBAEqBBCpNqrbDYsT6fmHzIGvd9wVBIGQUGX7ufllQIkE
            C4llorqLjUwBHFWoHhzta9bhW6PRcyRcrWv0aUlOeBaXM00iLYhRjmox1gsOLuGo
            /BljwTMBNOUt4LsbdE3o/Xq/AlH5eaomhcuTd1dp6mAaTCL+2Z/5hY+usARlJUCq
            eavBtG1yzWlTN2SEMRj9IQSft/ALHUSWMUsxbgY+ERbgFKTFeejr
            -----END ENCRYPTED PRIVATE KEY-----
            """;
        Assert.Null(Read(IssuedCertificate.Good.CertificatePem, Pem, "secret"));
        var finding = Assert.Single(_findings);
        Assert.Equal("key-encryption-scrypt", finding.Code);
        Assert.Contains("openssl pkcs8 -topk8 -v2 aes-256-cbc", finding.Next, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongPassphrase_IsNamedAndNotPrinted()
    {
        Assert.Null(Read(IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.Key.ExportEncryptedPkcs8PrivateKeyPem("right", Encryption), "wrong-one"));
        var finding = Assert.Single(_findings);
        Assert.Equal("key-passphrase", finding.Code);
        Assert.DoesNotContain("wrong-one", finding.ToString() + finding.Next, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherKey_IsAMismatch()
        => Refused("key-mismatch", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Root.KeyPem, "-pubout");

    [Fact]
    public void RsaKeyForEcCertificate_IsAMismatch()
        => Refused("key-mismatch", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Rsa2048.ExportPkcs8PrivateKeyPem(), "-pubout");

    [Fact]
    public void LeafNotFirst_NamesTheOrder()
    {
        Assert.Null(Read(IssuedCertificate.Root.CertificatePem + IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem));
        var finding = Assert.Single(_findings);
        Assert.Equal("chain-order", finding.Code);
        Assert.Contains("number 2", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesSwapped_NamesTheMixUp()
        => Refused("files-swapped", IssuedCertificate.Good.KeyPem, IssuedCertificate.Good.CertificatePem, "--cert ");

    [Fact]
    public void KeyBesideTheCertificate_IsRefused()
        => Refused("key-in-certificate-file", IssuedCertificate.Good.CertificatePem + IssuedCertificate.Good.KeyPem, IssuedCertificate.Good.KeyPem, "openssl");

    [Fact]
    public void CertificateBesideTheKey_IsAccepted()
    {
        using var pair = Read(IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.CertificatePem + IssuedCertificate.Good.KeyPem);
        Assert.NotNull(pair);
    }

    [Fact]
    public void KeyFileWithoutKey_IsNamed()
        => Refused("no-key", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.CertificatePem, "PRIVATE KEY");

    [Fact]
    public void TwoKeys_AreRefused()
        => Refused("key-several", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem + IssuedCertificate.Root.KeyPem, "belongs");

    [Fact]
    public void SigningRequest_IsNamed()
        => Refused("no-certificate", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", IssuedCertificate.Good.KeyPem, "CA");

    [Fact]
    public void DerCertificate_NamesTheConversion()
    {
        Assert.Null(CertificatePair.Read(_folder.Write("c.der", IssuedCertificate.Good.Certificate.RawData), _folder.Write("k.pem", IssuedCertificate.Good.KeyPem), null, _findings));
        Assert.Equal("der-not-pem", _findings[0].Code);
        Assert.Contains("openssl x509 -inform DER", _findings[0].Next, StringComparison.Ordinal);
    }

    [Fact]
    public void DerKey_NamesTheConversion()
    {
        Assert.Null(CertificatePair.Read(_folder.Write("c.pem", IssuedCertificate.Good.CertificatePem), _folder.Write("k.der", IssuedCertificate.Good.Key.ExportPkcs8PrivateKey()), null, _findings));
        Assert.Equal("der-not-pem", Assert.Single(_findings).Code);
        Assert.Contains("openssl pkey -inform DER", _findings[0].Next, StringComparison.Ordinal);
    }

    [Fact]
    public void Pkcs12AsTheKey_SaysToGiveItAlone()
    {
        var file = _folder.Write("c.p12", Pkcs12BundleTests.Export(IssuedCertificate.Good, []));
        Assert.Null(CertificatePair.Read(_folder.Write("c.pem", IssuedCertificate.Good.CertificatePem), file, "open sesame", _findings));
        Assert.Equal("pkcs12-not-pem", Assert.Single(_findings).Code);
        Assert.Contains($"--cert {file}", _findings[0].Next, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "file-empty")]
    [InlineData("hello", "not-pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n", "pem-unfinished")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "pem-unfinished")]
    [InlineData("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", "certificate-malformed")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate-malformed")]
    [InlineData("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "certificate-malformed")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "no-certificate")]
    [InlineData("-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n-----END TRUSTED CERTIFICATE-----\n", "no-certificate")]
    public void DamagedCertificateFile_IsNamed(string content, string code)
    {
        Assert.Null(Read(content, IssuedCertificate.Good.KeyPem));
        Assert.Contains(_findings, finding => finding.Code == code);
    }

    [Theory]
    [InlineData("-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n", "key-malformed")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "key-malformed")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n", "key-malformed")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----\n", "key-malformed")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "key-type")]
    [InlineData("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n", "key-type")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n", "key-type")]
    public void DamagedOrUnsupportedKey_IsNamed(string content, string code)
    {
        Assert.Null(Read(IssuedCertificate.Good.CertificatePem, content));
        Assert.Equal(code, Assert.Single(_findings).Code);
    }

    [Fact]
    public void MissingFilesAndFolders_AreBothNamed()
    {
        Assert.Null(CertificatePair.Read(_folder.File("none.pem"), _folder.Path, null, _findings));
        Assert.Contains("no such file", _findings[0].Message, StringComparison.Ordinal);
        Assert.Contains("it is a directory", _findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugeFile_IsNotReadWhole()
    {
        Assert.Null(CertificatePair.Read(_folder.Write("big.pem", new byte[1024 * 1024 + 1]), _folder.Write("k.pem", IssuedCertificate.Good.KeyPem), null, _findings));
        Assert.Equal("file-size", Assert.Single(_findings).Code);
    }

    private CertificatePair? Read(string certificate, string key, string? passphrase = null)
        => CertificatePair.Read(_folder.Write("c.pem", certificate), _folder.Write("k.pem", key), passphrase, _findings);

    private void Refused(string code, string certificate, string key, string next)
    {
        Assert.Null(Read(certificate, key));
        var finding = Assert.Single(_findings);
        Assert.Equal(code, finding.Code);
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Contains(next, finding.Next, StringComparison.Ordinal);
    }
}
