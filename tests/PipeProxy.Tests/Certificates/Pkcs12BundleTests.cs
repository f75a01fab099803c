using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

public sealed class Pkcs12BundleTests : IDisposable
{
    private const string Passphrase = "open sesame";

    private static readonly IssuedCertificate Intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);

    private readonly TemporaryFolder _folder = new();
    private readonly List<CertificateFinding> _findings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, false)]
    [InlineData(Pkcs12ExportPbeParameters.Pkcs12TripleDesSha1, false)]
    [InlineData(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, true)]
    public void BothEncryptionsAndKeyTypes_AreOpened(Pkcs12ExportPbeParameters encryption, bool rsa)
    {
        var leaf = IssuedCertificate.Leaf(Intermediate, key: rsa ? IssuedCertificate.Rsa2048 : null);
        using var pair = Read(Export(leaf, [Intermediate], encryption), Passphrase);

        Assert.Empty(_findings);
        Assert.NotNull(pair);
        using var withKey = pair.LeafWithKey();
        Assert.True(withKey.HasPrivateKey);
        Assert.Contains("PRIVATE KEY", pair.ExportKeyPem(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhateverTheOrder_TheLeafComesFirstThenItsIssuers(bool rootFirst)
    {
        var second = IssuedCertificate.Intermediate("CN=Second", Intermediate);
        var leaf = IssuedCertificate.Leaf(second);
        IssuedCertificate[] others = rootFirst ? [IssuedCertificate.Root, Intermediate, second] : [second, IssuedCertificate.Root, Intermediate];

        using var pair = Read(Export(leaf, others), Passphrase);

        Assert.Equal(
            [leaf.Certificate.Subject, "CN=Second", "CN=Test Intermediate", IssuedCertificate.Root.Certificate.Subject],
            pair!.Certificates.Select(static certificate => certificate.Subject));
        Assert.Equal(["chain-root"], CertificateLint.Check(pair.Certificates, IssuedCertificate.Now).Select(static finding => finding.Code));
    }

    [Fact]
    public void UnprotectedFile_NeedsNoPassphrase()
    {
        using var pair = Read(Export(IssuedCertificate.Good, [], passphrase: ""), null);
        Assert.NotNull(pair);
    }

    [Fact]
    public void MissingPassphrase_IsAskedFor() => Refused("key-encrypted", "--key-passphrase-file", Export(IssuedCertificate.Good, []), null);

    [Fact]
    public void WrongPassphrase_IsToldAndNotPrinted()
    {
        Refused("key-passphrase", "openssl pkcs12 -in", Export(IssuedCertificate.Good, []), "wrong-one");
        Assert.DoesNotContain("wrong-one", _findings[0].ToString() + _findings[0].Next, StringComparison.Ordinal);
    }

    [Fact]
    public void FileWithoutKey_SaysSo()
        => Refused("no-key", "openssl pkcs12 -export", new X509Certificate2Collection(IssuedCertificate.Good.Certificate).ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, Passphrase), Passphrase);

    [Fact]
    public void FileWithTwoKeys_SaysSo()
    {
        using var one = IssuedCertificate.Good.ToPair();
        using var two = IssuedCertificate.Leaf(subject: "CN=two").ToPair();
        using var first = one.LeafWithKey();
        using var second = two.LeafWithKey();
        X509Certificate2Collection both = [first, second];
        Refused("key-several", "alone", both.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, Passphrase), Passphrase);
    }

    [Fact]
    public void DamagedFile_SaysHowToLookIntoIt()
    {
        var bytes = Export(IssuedCertificate.Good, []);
        bytes.AsSpan(bytes.Length / 2, 40).Clear();
        Assert.Null(Read(bytes, Passphrase));
        Assert.Contains(Assert.Single(_findings).Code, new[] { "pkcs12-malformed", "key-passphrase" });
    }

    [Fact]
    public void PemCertificateWithoutKey_AsksForTheKey()
    {
        Assert.Null(CertificatePair.Read(_folder.Write("c.pem", IssuedCertificate.Good.CertificatePem), null, null, _findings));
        Assert.Equal(("no-key", "Name it: --key FILE"), (_findings[0].Code, _findings[0].Next));
    }

    [Fact]
    public void BundleBesideAKey_SaysToLeaveTheKeyOut()
    {
        var bundle = _folder.Write("c.pfx", Export(IssuedCertificate.Good, []));
        Assert.Null(CertificatePair.Read(bundle, _folder.Write("k.pem", IssuedCertificate.Good.KeyPem), Passphrase, _findings));
        Assert.Equal("pkcs12-not-pem", Assert.Single(_findings).Code);
        Assert.Contains("without --key", _findings[0].Next, StringComparison.Ordinal);
    }

    internal static byte[] Export(IssuedCertificate leaf, IEnumerable<IssuedCertificate> others, Pkcs12ExportPbeParameters encryption = Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, string passphrase = Passphrase)
    {
        using var pair = leaf.ToPair();
        using var withKey = pair.LeafWithKey();
        X509Certificate2Collection all = [.. others.Select(static other => X509CertificateLoader.LoadCertificate(other.Certificate.RawData)), withKey];
        return all.ExportPkcs12(encryption, passphrase);
    }

    private CertificatePair? Read(byte[] bytes, string? passphrase) => CertificatePair.Read(_folder.Write("c.pfx", bytes), null, passphrase, _findings);

    private void Refused(string code, string next, byte[] bytes, string? passphrase)
    {
        Assert.Null(Read(bytes, passphrase));
        var finding = Assert.Single(_findings);
        Assert.Equal(code, finding.Code);
        Assert.Contains(next, finding.Next, StringComparison.Ordinal);
    }
}
