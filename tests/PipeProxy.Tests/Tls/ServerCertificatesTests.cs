using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

public sealed class ServerCertificatesTests
{
    private readonly List<ConfigurationError> _errors = [];

    [Fact]
    public void Unchanged_KeepsWhatIsThere()
    {
        var listener = Listener(TestCertificates.Server, TestCertificates.WrongHostServer);
        var before = Load(listener);

        Assert.Same(before, Load(listener, before));
        Assert.NotSame(before, Load(Listener(TestCertificates.Server), before));
        Assert.NotSame(before, Load(listener with { ClientCertificates = Clients(TestCertificates.Root.CertificatePath) }, before));
        Assert.Empty(_errors);
    }

    [Fact]
    public void KeyOfAnotherCertificate_IsAnErrorWithoutTheKey()
    {
        var listener = new ListenerConfig { Url = "https://127.0.0.1:1", Certificates = [new(TestCertificates.Server.CertificatePath, TestCertificates.WrongHostServer.KeyPath)] };

        Assert.Null(Load(listener));
        var error = Assert.Single(_errors);
        Assert.Equal(ErrorSeverity.Error, error.Severity);
        Assert.Contains("does not belong to the certificate", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void EncryptedKey_IsToBeDecrypted()
    {
        using var folder = new TemporaryDirectory();
        using var key = ECDsa.Create();
        var encrypted = folder.Write("key.pem", key.ExportEncryptedPkcs8PrivateKeyPem("open sesame", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        var files = new ListenerCertificateConfig(TestCertificates.Server.CertificatePath, encrypted) { KeySource = new SettingSource(null, "--tls-key", encrypted) };

        Assert.Null(Load(new ListenerConfig { Url = "https://127.0.0.1:1", Certificates = [files] }));
        var error = Assert.Single(_errors);
        Assert.Equal("--tls-key", error.Setting);
        Assert.EndsWith($"decrypt it: openssl pkey -in {encrypted} -out decrypted-key.pem", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateWhoseNameBeginsAsThatOfTheKey_IsToldAtItsOwnPlace()
    {
        using var folder = new TemporaryDirectory();
        var (certificate, key) = (folder.Write("edge.pem", "no certificate"), folder.Write("edge", File.ReadAllText(TestCertificates.Server.KeyPath)));
        var files = new ListenerCertificateConfig(certificate, key) { CertificateSource = new SettingSource(null, "--tls-certificate", certificate), KeySource = new SettingSource(null, "--tls-key", key) };

        Assert.Null(Load(new ListenerConfig { Url = "https://127.0.0.1:1", Certificates = [files] }));
        Assert.Equal("--tls-certificate", Assert.Single(_errors).Setting);
    }

    [Theory]
    [InlineData(false, "Swap certificate and key.")]
    [InlineData(true, "take it apart: openssl pkcs12 -in ")]
    public void WhatAnUploadWouldTake_IsToldInAListenersWords(bool bundle, string said)
    {
        using var folder = new TemporaryDirectory();
        var (certificate, key) = (TestCertificates.Server.KeyPath, TestCertificates.Server.CertificatePath);
        if (bundle)
        {
            certificate = folder.Combine("server.pfx");
            using var server = X509Certificate2.CreateFromPemFile(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath);
            File.WriteAllBytes(certificate, server.Export(X509ContentType.Pkcs12, "open sesame"));
            key = certificate;
        }

        Assert.Null(Load(new ListenerConfig { Url = "https://127.0.0.1:1", Certificates = [new(certificate, key)] }));
        Assert.Contains(said, Assert.Single(_errors).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("--", _errors[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expired", "has expired on")]
    [InlineData("usage", "is not meant for a server")]
    [InlineData("never", "is never chosen: an earlier one")]
    [InlineData("nameless", "carries no DNS name")]
    [InlineData("hosts", "no route's host is among them")]
    public void Doubtful_IsAWarningAndServes(string doubt, string said)
    {
        var listener = doubt switch
        {
            "expired" => Listener(TestCertificates.ExpiredServer),
            "usage" => Listener(TestCertificates.Alice),
            "never" => Listener(TestCertificates.Server, TestCertificates.OtherRootServer),
            "nameless" => Listener(TestCertificates.Server, TestCertificates.WrongUsageClient),
            _ => Listener(TestCertificates.WrongHostServer),
        };
        var config = new ProxyConfig { Routes = doubt == "hosts" ? [new RouteConfig { Path = "/", Host = "a.example", Handler = new RouteHandlerConfig.UrlForward("http://localhost") }] : [] };

        Assert.NotNull(ServerCertificates.Load(listener, config, DateTimeOffset.UtcNow, null, _errors));
        Assert.Contains(_errors, error => error.Severity == ErrorSeverity.Warning && error.Message.Contains(said, StringComparison.Ordinal));
        Assert.All(_errors, static error => Assert.Equal(ErrorSeverity.Warning, error.Severity));
    }

    [Theory]
    [InlineData(null, "no CA is named")]
    [InlineData("/no/such/ca.pem", "cannot be read")]
    [InlineData("key", "holds no PEM certificate")]
    public void UnusableAuthority_IsAnError(string? file, string said)
    {
        var listener = Listener(TestCertificates.Server) with { ClientCertificates = Clients(file == "key" ? TestCertificates.Root.KeyPath : file) };

        Assert.Null(Load(listener));
        Assert.Contains(said, Assert.Single(_errors).Message, StringComparison.Ordinal);
    }

    private static ListenerConfig Listener(params IEnumerable<TestCertificate> certificates) => new()
    {
        Url = "https://127.0.0.1:1",
        Certificates = [.. certificates.Select(static certificate => new ListenerCertificateConfig(certificate.CertificatePath, certificate.KeyPath))],
    };

    private static ClientCertificateConfig Clients(string? authority) => new() { Mode = ClientCertificateMode.Require, Authority = authority };

    private TlsServerOptions? Load(ListenerConfig listener, TlsServerOptions? before = null)
        => ServerCertificates.Load(listener, new ProxyConfig(), DateTimeOffset.UtcNow, before, _errors);
}
