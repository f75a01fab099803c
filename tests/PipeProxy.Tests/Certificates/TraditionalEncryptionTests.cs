using System.Security.Cryptography;
using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

public sealed class TraditionalEncryptionTests
{
    private const string Passphrase = "open sesame";

    // The private number of the P-256 key that openssl ec -aes128, -aes192, -aes256 and -des3 wrote under that passphrase.
    private const string PrivateNumber = "86A6FB961A4ABDB844C071BA5D518AB37DC481DA7742D7AE6736DE645BBA6798";

    private readonly List<CertificateFinding> _findings = [];

    public static TheoryData<string, string> Keys => new()
    {
        { "AES-128-CBC,47358255479AD8A3D4F9BA6DFD7940E4", "68hqwdD2/yg60Y9s0aQxRDFbtb3AN+g2JZVICDhnRtn9QHuIgDYt4lAffXtIeWm5B1NsIrxHTwQS3CF7heXMFDc2XB30y0YI3YNGEYcDQr77N4L0bLna1NoVCSKebvrPP0a20CcxWAPNo4wHUjBpMhj+u6sSDc3D174ph/arHyw=" },
        { "AES-192-CBC,A337E3A7A2A9C398AC1460996E60E3D9", "RzNhjMcoqXDkx8s01qzEBr7ZDEBDYD5qQAWLizB9PkhMDt1lV0i4JwQk+YkuRaBlcj5DhI6D9L1a45Oo650J+eID4nZC1TScAY0wJcL/kBjEW738+V8Z/JstIhn1jmerSqX0GXFTr8GqK3btP+kZwwLy2YHHH31t03EB2L/EJv0=" },
        { "AES-256-CBC,60AC5CC959AFE7CCAFC8BCB0D3953794", "cqvhuPBKsUXBo6C7X7rSuw6MEyF55xToKZS6zaiV24X9X6MabifL1r2+qfeagFyLEkknXPL9gA3+zW+OrU2J6bdTrlV9cQ9kR60FcEnqdiLTaDgTEdlwy2+jZnNLWm07qI1BAm/YSquUjCwT9Fcb9eT56gTl1jRBw761FFj/O00=" },
        { "DES-EDE3-CBC,1C5F9EE8C6CB014F", "zD+oW4l2xkHUrs0lx+uH3evZtAw96mdWrhBk9ryOOoW8/0pnRXpe3cALMTs0kuPZqpPbTvO0PWFzzJsMIBXIfJkyMPf6lj1cEkysVZYJedHdO3utbARPMgQbH39+Q3/JbzMPHdlvn+omdAfMlPn7lgnTszcSJIXTb6KVYew6cps=" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void KeyOfOpenssl_IsOpened(string info, string data)
    {
        using var key = (ECDsa?)PrivateKeyBlock.Import(Block(info, data), "key.pem", Passphrase, _findings);

        Assert.Empty(_findings);
        Assert.Equal(PrivateNumber, Convert.ToHexString(key!.ExportParameters(true).D!));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void WrongPassphrase_IsToldAndNotPrinted(string info, string data)
    {
        // One in about 256 gives a padding that looks right; what is in it must be refused as well.
        for (var i = 0; i < 600; i++)
        {
            Assert.Null(PrivateKeyBlock.Import(Block(info, data), "key.pem", $"wrong-{i}", _findings));
        }

        Assert.All(_findings, static finding =>
        {
            Assert.Equal("key-passphrase", finding.Code);
            Assert.Contains("openssl pkey -in key.pem", finding.Next, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong-", finding.Message + finding.Next, StringComparison.Ordinal);
        });
        Assert.Equal(600, _findings.Count);
    }

    [Fact]
    public void WithoutPassphrase_ItIsAskedFor()
    {
        Assert.Null(PrivateKeyBlock.Import(Block("AES-256-CBC,60AC5CC959AFE7CCAFC8BCB0D3953794", "AAAA"), "key.pem", null, _findings));
        Assert.Equal("key-encrypted", Assert.Single(_findings).Code);
    }

    [Theory]
    [InlineData("DES-CBC,1C5F9EE8C6CB014F")]
    [InlineData("AES-256-CBC,60AC5CC9")]
    [InlineData("AES-256-CBC,zz60AC5CC959AFE7CCAFC8BCB0D395379")]
    [InlineData("AES-256-CBC")]
    public void OtherCipherOrBrokenVector_NamesTheConversion(string info)
    {
        Assert.Null(PrivateKeyBlock.Import(Block(info, "AAAA"), "key.pem", Passphrase, _findings));
        var finding = Assert.Single(_findings);
        Assert.Equal("key-encryption-traditional", finding.Code);
        Assert.Contains("openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem", finding.Next, StringComparison.Ordinal);
    }

    private static PemBlock Block(string info, string data)
        => Assert.Single(PemBlock.ReadAll($"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: {info}\n\n{data}\n-----END EC PRIVATE KEY-----\n", out _));
}
