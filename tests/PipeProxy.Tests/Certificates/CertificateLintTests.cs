using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificateLintTests
{
    [Fact]
    public void GoodCertificates_HaveNoFindings()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        Assert.Empty(Check(IssuedCertificate.Good.Certificate));
        Assert.Empty(Check(IssuedCertificate.Leaf(key: IssuedCertificate.Rsa2048).Certificate));
        Assert.Empty(Check(IssuedCertificate.Leaf(key: ECDsa.Create(ECCurve.NamedCurves.nistP384)).Certificate));
        Assert.Empty(Check(IssuedCertificate.Leaf(key: ECDsa.Create(ECCurve.NamedCurves.nistP521)).Certificate));
        Assert.Empty(Check(IssuedCertificate.Leaf(intermediate).Certificate, intermediate.Certificate));
    }

    [Fact]
    public void PssWithSha256_IsAccepted()
        => Assert.Empty(Check(IssuedCertificate.SignedBy(X509SignatureGenerator.CreateForRSA(IssuedCertificate.Rsa2048, RSASignaturePadding.Pss))));

    [Fact]
    public void Version1_IsAnError() => Expect("x509-version", FindingSeverity.Error, IssuedCertificate.Version1());

    [Fact]
    public void ShortRsaKey_IsAnError()
    {
        using var rsa = RSA.Create(1024);
        Expect("rsa-size", FindingSeverity.Error, IssuedCertificate.Leaf(key: rsa).Certificate);
    }

    [Fact]
    public void LongRsaKey_IsAnError()
    {
        // Only the public half is judged, and any odd number of that length does for it.
        using var rsa = RSA.Create();
        var modulus = new byte[1025];
        modulus.AsSpan().Fill(0xFF);
        rsa.ImportParameters(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
        Expect("rsa-size", FindingSeverity.Error, IssuedCertificate.OfPublicKey(new PublicKey(rsa)));
    }

    [Fact]
    public void OtherCurve_IsAnError()
        => Expect("ec-curve", FindingSeverity.Error, IssuedCertificate.Leaf(key: ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"))).Certificate);

    [Fact]
    public void CurveByParameters_IsAnError()
    {
        // .NET writes named curves only. This is P-384 as openssl ecparam -param_enc explicit writes it.
        const string Explicit =
            "MIIBzDCCAWQGByqGSM49AgEwggFXAgEBMDwGByqGSM49AQECMQD//////////////////////////////////////////v////8AAAAAAAAAAP////8wewQw" +
            "//////////////////////////////////////////7/////AAAAAAAAAAD////8BDCzMS+n4j7n5JiOBWvj+C0ZGB2cbv6BQRIDFAiPUBOHWsZWOY2KLtGd" +
            "KoXI7dPsKu8DFQCjNZJqoxmieh0AiWpnc6SCes2scwRhBKqHyiK+iwU3jrHHHvMgrXRuHTtii6ebmFn3QeCCVCo4VQLyXb9VKWw6VF44cnYKtzYX3kqWJixv" +
            "XZ6Yv5KS3Cn49B29KJoUfOnaMRO18LjACmCxzh1+gZ16Qx18kOoOXwIxAP///////////////////////////////8djTYH0Ny3fWBoNskiwp3rs7BlqzMUp" +
            "cwIBAQNiAARkFlYaIQZoXCAquIzgAmwAPM9G32hrPt06UOJY6TFSJf4977/90aR2JKjtMGNoC4aKKlBaLWGd61loHT+taRCPOXiq/X+dEgFruI0mKlnEJYPV" +
            "9Y2xm7jkgMU77NstPFQ=";
        var key = PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromBase64String(Explicit), out _);
        var finding = Expect("ec-curve", FindingSeverity.Error, IssuedCertificate.OfPublicKey(key));
        Assert.Contains("by parameters", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherKeyType_IsAnError()
    {
        // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 4).
        var ed25519 = PublicKey.CreateFromSubjectPublicKeyInfo([.. Convert.FromHexString("302a300506032b6570032100"), .. new byte[32]], out _);
        Expect("key-type", FindingSeverity.Error, IssuedCertificate.OfPublicKey(ed25519));
    }

    [Fact]
    public void Sha1Signature_IsAnError()
        => Expect("signature-hash", FindingSeverity.Error, IssuedCertificate.SignedBy(new Sha1Generator(IssuedCertificate.Rsa2048)));

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1")]
    [InlineData("2.5.29.37.0")]
    public void ExtendedKeyUsageWithoutClientAuth_IsAWarning(string oid)
        => Expect("eku", FindingSeverity.Warning, IssuedCertificate.Leaf(extensions: [IssuedCertificate.Usage(oid)]).Certificate);

    [Fact]
    public void NoExtendedKeyUsage_IsNotLimited()
        => Assert.Empty(Check(IssuedCertificate.Leaf(extensions: [new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true)]).Certificate));

    [Fact]
    public void KeyUsageWithoutSignature_IsAWarning()
        => Expect("key-usage", FindingSeverity.Warning, IssuedCertificate.Leaf(extensions: [new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true)]).Certificate);

    [Fact]
    public void CaAsLeaf_IsAWarning()
        => Expect("leaf-is-ca", FindingSeverity.Warning, IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root).Certificate);

    [Fact]
    public void Expired_IsAWarning()
        => Expect("expired", FindingSeverity.Warning, IssuedCertificate.Leaf(notBefore: IssuedCertificate.Now.AddDays(-9), notAfter: IssuedCertificate.Now.AddSeconds(-1)).Certificate);

    [Fact]
    public void NotYetValid_IsAWarning()
        => Expect("not-yet-valid", FindingSeverity.Warning, IssuedCertificate.Leaf(notBefore: IssuedCertificate.Now.AddSeconds(1)).Certificate);

    [Fact]
    public void ThirtyDaysLeft_IsAWarning()
        => Expect("expires-soon", FindingSeverity.Warning, IssuedCertificate.Leaf(notAfter: IssuedCertificate.Now.AddDays(30)).Certificate);

    [Fact]
    public void MoreThanThirtyDaysLeft_IsFine()
        => Assert.Empty(Check(IssuedCertificate.Leaf(notAfter: IssuedCertificate.Now.AddDays(30).AddSeconds(1)).Certificate));

    [Fact]
    public void SelfSigned_IsAWarning()
        => Assert.Contains(Check(IssuedCertificate.Root.Certificate), static finding => finding is { Code: "self-signed", Severity: FindingSeverity.Warning });

    [Fact]
    public void IntermediatesOutOfOrder_NamesTheRightOrder()
    {
        var upper = IssuedCertificate.Intermediate("CN=Upper", IssuedCertificate.Root);
        var lower = IssuedCertificate.Intermediate("CN=Lower", upper);
        var leaf = IssuedCertificate.Leaf(lower);

        Assert.Empty(Check(leaf.Certificate, lower.Certificate, upper.Certificate));
        var finding = Expect("chain-order", FindingSeverity.Error, leaf.Certificate, upper.Certificate, lower.Certificate);
        Assert.EndsWith("CN=client, O=Example; CN=Lower; CN=Upper", finding.Next, StringComparison.Ordinal);
    }

    [Fact]
    public void FourCertificates_AreDeepEnoughAndFiveTooDeep()
    {
        var issuers = new List<IssuedCertificate> { IssuedCertificate.Intermediate("CN=I1", IssuedCertificate.Root) };
        for (var i = 2; i <= 4; i++)
        {
            issuers.Insert(0, IssuedCertificate.Intermediate($"CN=I{i}", issuers[0]));
        }

        Assert.Empty(Check([IssuedCertificate.Leaf(issuers[1]).Certificate, .. issuers.Skip(1).Select(static issuer => issuer.Certificate)]));
        Expect("chain-depth", FindingSeverity.Error, [IssuedCertificate.Leaf(issuers[0]).Certificate, .. issuers.Select(static issuer => issuer.Certificate)]);
    }

    [Fact]
    public void RootInTheFile_IsAWarning()
        => Expect("chain-root", FindingSeverity.Warning, IssuedCertificate.Good.Certificate, IssuedCertificate.Root.Certificate);

    [Fact]
    public void IssuerWithSameNameAndOtherKey_IsUnrelated()
    {
        var real = IssuedCertificate.Intermediate("CN=Same Name", IssuedCertificate.Root);
        var impostor = IssuedCertificate.Intermediate("CN=Same Name", IssuedCertificate.Root);
        Expect("chain-unrelated", FindingSeverity.Warning, IssuedCertificate.Leaf(real).Certificate, impostor.Certificate);
    }

    [Fact]
    public void SameCertificateTwice_IsAWarning()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        Expect("chain-duplicate", FindingSeverity.Warning, IssuedCertificate.Leaf(intermediate).Certificate, intermediate.Certificate, intermediate.Certificate);
    }

    [Fact]
    public void IssuerThatIsNoCa_IsAWarning()
    {
        var notCa = IssuedCertificate.Leaf(subject: "CN=Not a CA");
        Expect("intermediate-not-ca", FindingSeverity.Warning, IssuedCertificate.Leaf(notCa).Certificate, notCa.Certificate);
    }

    [Fact]
    public void LargeCertificateAndChain_AreNamed()
    {
        X509Certificate2 Padded(int bytes) => IssuedCertificate.Leaf(extensions: [new X509Extension("1.2.3.4", new byte[bytes], false)]).Certificate;
        Expect("certificate-size", FindingSeverity.Warning, Padded(17 * 1024));
        Assert.Contains(Check(Padded(65 * 1024)), static finding => finding is { Code: "chain-size", Severity: FindingSeverity.Error });
    }

    [Fact]
    public void ErrorsComeFirst_AndEveryFindingSaysWhatToDo()
    {
        using var rsa = RSA.Create(1024);
        var findings = Check(IssuedCertificate.Leaf(key: rsa, notAfter: IssuedCertificate.Now.AddDays(3), extensions: [IssuedCertificate.Usage("1.3.6.1.5.5.7.3.1")]).Certificate);
        Assert.Equal(["rsa-size", "eku", "expires-soon"], findings.Select(static finding => finding.Code));
        Assert.All(findings, static finding => Assert.EndsWith(".", finding.Next, StringComparison.Ordinal));
    }

    private static IReadOnlyList<CertificateFinding> Check(params X509Certificate2[] certificates) => CertificateLint.Check(certificates, IssuedCertificate.Now);

    private static CertificateFinding Expect(string code, FindingSeverity severity, params X509Certificate2[] certificates)
    {
        var finding = Assert.Single(Check(certificates));
        Assert.Equal(code, finding.Code);
        Assert.Equal(severity, finding.Severity);
        return finding;
    }
}
