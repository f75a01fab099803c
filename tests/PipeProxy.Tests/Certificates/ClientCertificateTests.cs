using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

public sealed class ClientCertificateTests
{
    private static readonly DateTimeOffset Now = IssuedCertificate.Now;

    [Fact]
    public void Identity_IsNameAndHashOfTheChain()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        var leaf = IssuedCertificate.Leaf(intermediate);

        var withChain = ClientCertificate.FromPem("a", leaf.ChainPem(intermediate), leaf.KeyPem);
        var alone = ClientCertificate.FromPem("a", leaf.CertificatePem, leaf.KeyPem);

        Assert.Equal(new CertificateIdentity("a", Convert.ToHexStringLower(SHA256.HashData([.. leaf.Certificate.RawData, .. intermediate.Certificate.RawData]))), withChain.Identity);
        Assert.NotEqual(withChain.Identity, alone.Identity);
        Assert.NotEqual(alone.Identity, ClientCertificate.FromPem("b", leaf.CertificatePem, leaf.KeyPem).Identity);
        Assert.Equal(alone.Identity, ClientCertificate.FromPem("a", leaf.CertificatePem, leaf.KeyPem).Identity);
    }

    [Theory]
    [InlineData(-100)]
    [InlineData(100)]
    public void ChainOutOfItsTime_IsPresentedAllTheSame(int years)
    {
        // What is presented must not depend on the day of the start: dates are judged per request.
        var from = DateTimeOffset.UtcNow.AddYears(years);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var intermediate = IssuedCertificate.Issue("CN=Dated", IssuedCertificate.Root, key, [new X509BasicConstraintsExtension(true, false, 0, true)], from, from.AddYears(1));
        var leaf = IssuedCertificate.Leaf(intermediate, notBefore: from, notAfter: from.AddYears(1));
        var certificate = ClientCertificate.FromPem("a", leaf.ChainPem(intermediate), leaf.KeyPem);
        Assert.Equal("CN=Dated", Assert.Single(certificate.Context.IntermediateCertificates).Subject);
    }

    [Fact]
    public void Explanation_NamesCertificateCauseAndCommand()
    {
        var certificate = ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem, environmentTypes: [EnvironmentType.Preview]);
        Assert.Null(certificate.ExplainAt(Now, EnvironmentType.Preview));
        Assert.Equal(
            "The certificate 'a' is not enabled for environment type production, only for preview, so none would be sent. Set the whole list: pipeproxy mtls-certificate update --name a --environment-type preview --environment-type production",
            certificate.ExplainAt(Now, EnvironmentType.Production));
        Assert.Contains("expired on 2027-06-01", certificate.ExplainAt(Now.AddYears(2), EnvironmentType.Preview), StringComparison.Ordinal);
        Assert.Contains("not valid before 2026-05-31", certificate.ExplainAt(Now.AddYears(-2), EnvironmentType.Preview), StringComparison.Ordinal);
        Assert.Contains("enable --name a", certificate.With([EnvironmentType.Preview], enabled: false).ExplainAt(Now, EnvironmentType.Preview), StringComparison.Ordinal);
    }

    [Fact]
    public void OtherSettings_KeepIdentityAndContext()
    {
        var certificate = ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem);
        var disabled = certificate.With([EnvironmentType.Preview], enabled: false);
        Assert.Same(certificate.Context, disabled.Context);
        Assert.Equal(certificate.Identity, disabled.Identity);
        Assert.False(disabled.Enabled);
    }

    [Theory]
    [InlineData(0, true, EnvironmentType.Production, CertificateUsability.Usable)]
    [InlineData(0, true, EnvironmentType.Development, CertificateUsability.NotEnabledForEnvironment)]
    [InlineData(0, false, EnvironmentType.Development, CertificateUsability.Disabled)]
    [InlineData(366, true, EnvironmentType.Production, CertificateUsability.Expired)]
    [InlineData(366, false, EnvironmentType.Production, CertificateUsability.Disabled)]
    [InlineData(-2, true, EnvironmentType.Production, CertificateUsability.NotYetValid)]
    public void UsabilityAt_NamesTheReason(int days, bool enabled, EnvironmentType environment, CertificateUsability expected)
    {
        var certificate = ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem, environmentTypes: [EnvironmentType.Production], enabled: enabled);
        Assert.Equal(expected, certificate.UsabilityAt(Now.AddDays(days), environment));
    }

    [Fact]
    public void UsabilityAt_HoldsToTheSecond()
    {
        var certificate = ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem);
        Assert.Equal(TimeSpan.Zero, certificate.NotAfter.Offset);
        Assert.Equal(CertificateUsability.Usable, certificate.UsabilityAt(certificate.NotAfter, EnvironmentType.Preview));
        Assert.Equal(CertificateUsability.Expired, certificate.UsabilityAt(certificate.NotAfter.AddTicks(1), EnvironmentType.Preview));
        Assert.Equal(CertificateUsability.Usable, certificate.UsabilityAt(certificate.NotBefore, EnvironmentType.Preview));
        Assert.Equal(CertificateUsability.NotYetValid, certificate.UsabilityAt(certificate.NotBefore.AddTicks(-1), EnvironmentType.Preview));
    }

    [Fact]
    public void BadInput_ThrowsWithTheFindings()
    {
        var mismatch = Assert.Throws<CertificateException>(() => ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Root.KeyPem));
        Assert.Equal("key-mismatch", Assert.Single(mismatch.Findings).Code);
        Assert.Throws<CertificateException>(() => ClientCertificate.FromPem("1", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem));
        Assert.Throws<CertificateException>(() => ClientCertificate.FromX509("a", IssuedCertificate.Good.Certificate));
    }

    [Fact]
    public async Task Intermediates_AreSentInAHandshake()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        var leaf = IssuedCertificate.Leaf(intermediate);
        var certificate = ClientCertificate.FromPem("a", leaf.ChainPem(intermediate), leaf.KeyPem);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await accepting;

        List<string> received = [];
        await using var serverTls = new SslStream(server.GetStream());
        await using var clientTls = new SslStream(client.GetStream());
        var serving = serverTls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, presented, chain, _) =>
            {
                received = [presented!.Subject, .. chain!.ChainPolicy.ExtraStore.Select(static extra => extra.Subject)];
                return true;
            },
        });
        await clientTls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = certificate.Context,
            RemoteCertificateValidationCallback = static (_, presented, _, _) => presented is not null,
        });
        await serving.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Contains("CN=Test Intermediate", received);
        Assert.Equal("CN=client, O=Example", received[0]);
    }
}
