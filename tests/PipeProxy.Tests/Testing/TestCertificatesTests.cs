using System.Security.Cryptography.X509Certificates;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class TestCertificatesTests
{
    [Fact]
    public void Client_LeadsToTheRootThroughItsIntermediate()
    {
        Assert.True(IsGood(TestCertificates.Client, "1.3.6.1.5.5.7.3.2"));
        Assert.NotNull(TestCertificates.Client.Certificate.GetRSAPrivateKey());
        Assert.Equal(TestCertificates.Intermediate.Certificate.Thumbprint, Assert.Single(TestCertificates.Client.Intermediates).Thumbprint);
        Assert.True(IsGood(TestCertificates.EcdsaClient, "1.3.6.1.5.5.7.3.2"));
        Assert.NotNull(TestCertificates.EcdsaClient.Certificate.GetECDsaPrivateKey());
    }

    [Fact]
    public void GoodAndBad_AreWhatTheirNamesSay()
    {
        Assert.True(IsGood(TestCertificates.Server, "1.3.6.1.5.5.7.3.1"));
        Assert.True(IsGood(TestCertificates.Alice, "1.3.6.1.5.5.7.3.2"));
        Assert.Equal("CN=alice", TestCertificates.Alice.Subject);
        Assert.Equal("CN=bob", TestCertificates.Bob.Subject);
        Assert.False(IsGood(TestCertificates.ExpiredServer, "1.3.6.1.5.5.7.3.1"));
        Assert.False(IsGood(TestCertificates.OtherRootServer, "1.3.6.1.5.5.7.3.1"));
        Assert.False(IsGood(TestCertificates.ExpiredClient, "1.3.6.1.5.5.7.3.2"));
        Assert.False(IsGood(TestCertificates.NotYetValidClient, "1.3.6.1.5.5.7.3.2"));
        Assert.False(IsGood(TestCertificates.UnknownClient, "1.3.6.1.5.5.7.3.2"));
        Assert.False(IsGood(TestCertificates.WrongUsageClient, "1.3.6.1.5.5.7.3.2"));
        Assert.True(TestCertificates.Server.Certificate.MatchesHostname("localhost"));
        Assert.True(TestCertificates.Server.Certificate.MatchesHostname("127.0.0.1"));
        Assert.False(TestCertificates.WrongHostServer.Certificate.MatchesHostname("localhost"));
    }

    [Fact]
    public void Files_HoldThePairAndKeepTheKeyPrivate()
    {
        TestCertificate client = TestCertificates.Client;
        using X509Certificate2 read = X509Certificate2.CreateFromPemFile(client.CertificatePath, client.KeyPath);
        Assert.Equal(client.Certificate.Thumbprint, read.Thumbprint);
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(client.CertificatePath);
        Assert.Equal(2, chain.Count);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(client.KeyPath));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(client.BundlePath));
        }
    }

    private static bool IsGood(TestCertificate certificate, string usage)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(TestCertificates.Root.Certificate);
        chain.ChainPolicy.ExtraStore.AddRange(certificate.Intermediates.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(usage));
        return chain.Build(certificate.Certificate);
    }
}
