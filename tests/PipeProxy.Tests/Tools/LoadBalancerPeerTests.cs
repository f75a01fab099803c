using System.ComponentModel;
using System.Diagnostics;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

/// <summary>The simulated load balancer as other people's clients see it.</summary>
public sealed class LoadBalancerPeerTests(LoadBalancerFixture fixture) : IClassFixture<LoadBalancerFixture>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("pipeproxy-tools-").FullName;

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task Curl_IsServedWithAGoodCertificateAndToldTheAlertWithABadOne(string version)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        string[] common = ["-sS", "--cacert", Root(), $"--tlsv{version}", "--tls-max", version, $"https://localhost:{loadBalancer.Port}/"];
        var good = fixture.Client.WriteTo(_directory, "good");
        var bad = Authority.CreateRoot("Unknown").IssueClient("unknown").WriteTo(_directory, "bad");

        var served = await RunAsync("curl", [.. common, "--cert", good.CertificatePath, "--key", good.KeyPath, "-d", "abc"]);
        var refused = await RunAsync("curl", [.. common, "--cert", bad.CertificatePath, "--key", bad.KeyPath]);

        Assert.Equal(0, served.ExitCode);
        Assert.Contains("\"X-Amzn-Mtls-Clientcert-Subject\", \"CN=tools client,O=PipeProxy\"", served.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("unknown ca", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeyKind.Rsa1024, SignatureHash.Sha256)]
    [InlineData(KeyKind.EcdsaP256, SignatureHash.Sha1)]
    public async Task WeakCertificate_IsOfAnUnsupportedType(KeyKind key, SignatureHash hash)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        var weak = fixture.Authority.Issue(LeafOptions.Client("weak", key) with { SignatureHash = hash }).WriteTo(_directory, "weak");

        // Security level 0, or OpenSSL itself declines to present the certificate.
        var refused = await RunAsync(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{loadBalancer.Port}", "-tls1_2", "-cipher", "DEFAULT@SECLEVEL=0", "-CAfile", Root(), "-cert", weak.CertificatePath, "-key", weak.KeyPath]);

        Assert.Contains("alert unsupported certificate", refused.Error, StringComparison.Ordinal);
        Assert.Equal(RejectionReason.ClientCertTypeUnsupported, Assert.Single(loadBalancer.Rejections).Reason);
    }

    [Fact]
    public async Task OpensslClient_FinishesTheTls13HandshakeBeforeTheAlert()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        var bad = Authority.CreateRoot("Unknown").IssueClient("unknown").WriteTo(_directory, "bad");

        var refused = await RunAsync(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{loadBalancer.Port}", "-tls1_3", "-state", "-CAfile", Root(), "-cert", bad.CertificatePath, "-key", bad.KeyPath],
            holdInput: true);

        int finished = refused.Error.IndexOf("SSL_connect:SSLv3/TLS write finished", StringComparison.Ordinal);
        int alert = refused.Error.IndexOf("SSL3 alert read:fatal:unknown CA", StringComparison.Ordinal);
        Assert.True(finished >= 0 && alert > finished, refused.Error);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task AdvertiseCa_NamesTheTrustStoreInTheCertificateRequest(string version)
    {
        var good = fixture.Client.WriteTo(_directory, "good");
        foreach (bool advertise in new[] { true, false })
        {
            await using var loadBalancer = LoadBalancer.Start(fixture.Options with { AdvertiseCa = advertise });

            var told = await RunAsync(
                "openssl",
                ["s_client", "-connect", $"127.0.0.1:{loadBalancer.Port}", version, "-CAfile", Root(), "-cert", good.CertificatePath, "-key", good.KeyPath]);

            Assert.Equal(advertise, told.Output.Contains("Acceptable client certificate CA names\nCN = Tools root", StringComparison.Ordinal));
            Assert.Contains("Verify return code: 0 (ok)", told.Output, StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Root()
    {
        string path = Path.Combine(_directory, "root.pem");
        File.WriteAllText(path, fixture.Authority.Root.CertificatePem);
        return path;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string command, string[] arguments, bool holdInput = false)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{command} is not installed");
            throw;
        }

        using (process)
        {
            if (!holdInput)
            {
                process.StandardInput.Close();
            }

            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            try
            {
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                process.Kill();
                throw;
            }

            return (process.ExitCode, await output, await error);
        }
    }
}
