using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A certificate that is mounted beside the proxy is presented, its replacement is taken up while requests run, and a pair that does not match is never used.</summary>
public sealed class MountedSecretTests : IDisposable
{
    private const string Name = "mounted";

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TurnedLink_IsTheNewIdentityOnceItsOriginHasTakenIt()
    {
        Put("1", TestCertificates.Alice, TestCertificates.Alice);
        await using var origin = await HaproxyOrigin.StartAsync();
        await using var proxy = await StartAsync(origin.Url);
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Client-Subject"]);

        Put("2", TestCertificates.Bob, TestCertificates.Bob);
        await WaitForSubjectAsync(proxy, "CN=bob");
    }

    [Fact]
    public async Task HalfWrittenPair_LeavesTheOldOneInForceAndIsTold()
    {
        Put("1", TestCertificates.Alice, TestCertificates.Alice);
        await using var origin = await HaproxyOrigin.StartAsync();
        await using var proxy = await StartAsync(origin.Url);

        Put("2", TestCertificates.Bob, TestCertificates.Alice);
        var line = await proxy.WaitForLogAsync("the one before stays in force");

        Assert.Contains("tls.key does not belong to the certificate in", line, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", line, StringComparison.Ordinal);
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Client-Subject"]);

        Put("3", TestCertificates.Bob, TestCertificates.Bob);
        await WaitForSubjectAsync(proxy, "CN=bob");
    }

    [Fact]
    public async Task ReloadedConfiguration_TakesTheCertificateFromItsNewPlace()
    {
        Put("1", TestCertificates.Alice, TestCertificates.Alice);
        await using var origin = await HaproxyOrigin.StartAsync();
        await using var proxy = await StartAsync(origin.Url);
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Client-Subject"]);

        var files = new CertificateConfig { Name = Name, Location = new CertificateLocation.Files(TestCertificates.Bob.CertificatePath, TestCertificates.Bob.KeyPath) };
        var result = await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Certificates = [files] });

        Assert.True(result.Applied, string.Join('\n', result.Errors));
        await WaitForSubjectAsync(proxy, "CN=bob");
    }

    [Fact]
    public async Task UnreadableCertificate_RefusesTheConfigurationAndTheOldOneStays()
    {
        Put("1", TestCertificates.Alice, TestCertificates.Alice);
        await using var origin = await HaproxyOrigin.StartAsync();
        await using var proxy = await StartAsync(origin.Url);

        var nowhere = new CertificateConfig { Name = Name, Location = new CertificateLocation.Folder(_folder.Combine("nowhere")) };
        var result = await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Certificates = [nowhere] });

        Assert.False(result.Applied);
        Assert.Contains(result.Errors, static error => error.Setting == "certificates.mounted" && error.Message.Contains("there is no such file", StringComparison.Ordinal));
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Client-Subject"]);
    }

    private Task<TestProxy> StartAsync(string origin)
    {
        var config = TestProxy.Config(TestProxy.Route("/{*rest}", origin, Name)) with
        {
            Certificates = [new CertificateConfig { Name = Name, Location = new CertificateLocation.Folder(_folder.Combine("secret")) }],
        };
        return TestProxy.StartAsync(config, Array.Empty<ClientCertificate>());
    }

    private void Put(string version, TestCertificate certificate, TestCertificate key) => MountedSecret.Put(_folder.Combine("secret"), version, certificate.CertificatePem, key.KeyPem);

    // The line of the second reload looks like that of the first.
    private static async Task WaitForSubjectAsync(TestProxy proxy, string subject)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await proxy.GetAsync())["X-Client-Subject"] != subject)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }
}
