using System.Text.Json;
using AlbSimulator;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The commands that change a certificate wait for the running proxy and tell what became of the change there.</summary>
public sealed class CommandRotationTests : IDisposable
{
    private const string Name = "alice";

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Update_TellsPerOriginAndRollsBackWhatIsRefused()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using var proxy = await RunAsync(balancer);
        Assert.Equal("CN=alice", await SubjectAsync(proxy));

        await using (var accepted = await UpdateAsync("CN=alice-2", TestCertificates.Root))
        {
            Assert.Equal(0, accepted.ExitCode);
            Assert.Contains("switched from version 1 to 2", Text(accepted.OutputLines), StringComparison.Ordinal);
            Assert.Contains($"https://localhost:{balancer.Port}  accepted", Text(accepted.OutputLines), StringComparison.Ordinal);
        }

        Assert.Equal("CN=alice-2", await SubjectAsync(proxy));

        await using (var refused = await UpdateAsync("CN=stranger", TestCertificates.OtherRoot))
        {
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("stays with version 2", Text(refused.OutputLines), StringComparison.Ordinal);
            Assert.Contains("refused version 3", Text(refused.ErrorLines), StringComparison.Ordinal);
            Assert.Contains("unknown_ca", Text(refused.ErrorLines), StringComparison.Ordinal);
            Assert.Contains("Add the CA that issued", Text(refused.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal("CN=alice-2", await SubjectAsync(proxy));
        using var described = await JsonAsync("describe", "--name", Name);
        Assert.Equal(2, described.RootElement.GetProperty("version").GetInt32());
        Assert.Equal(["overlap", "active", "refused"], described.RootElement.GetProperty("versions").EnumerateArray().Select(static version => version.GetProperty("state").GetString()));

        await using (var forced = await UpdateAsync("CN=stranger", TestCertificates.OtherRoot, "--force", "--output", "json"))
        {
            Assert.Equal(0, forced.ExitCode);
            using var json = JsonDocument.Parse(Text(forced.OutputLines));
            var told = json.RootElement.GetProperty("proxies")[0];
            Assert.Equal(("updated", "switched", 4), (json.RootElement.GetProperty("result").GetString(), told.GetProperty("result").GetString(), told.GetProperty("version").GetInt32()));
            Assert.Equal(("refused", "unknown_ca"), (told.GetProperty("origins")[0].GetProperty("verdict").GetString(), told.GetProperty("origins")[0].GetProperty("alertName").GetString()));
        }
    }

    [Fact]
    public async Task OtherEnvironmentTypesAfterARotation_AreToldByWhatIsPresentedThen()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using var proxy = await RunAsync(balancer);
        await using (var rotated = await UpdateAsync("CN=alice-2", TestCertificates.Root))
        {
            Assert.Contains("switched from version 1 to 2", Text(rotated.OutputLines), StringComparison.Ordinal);
        }

        await using (var elsewhere = await CommandAsync("update", "--name", Name, "--environment-type", "production"))
        {
            Assert.Equal(0, elsewhere.ExitCode);
            Assert.Contains("presents it no more; the route the-route answers 522", Text(elsewhere.OutputLines), StringComparison.Ordinal);
            Assert.DoesNotContain("switched", Text(elsewhere.OutputLines), StringComparison.Ordinal);
        }

        using (var json = await JsonAsync("update", "--name", Name, "--environment-type", "preview"))
        {
            var told = json.RootElement.GetProperty("proxies")[0];
            Assert.Equal(("inForce", 2, true), (told.GetProperty("result").GetString(), told.GetProperty("version").GetInt32(), told.TryGetProperty("problem", out _)));
        }

        await using (var here = await CommandAsync("update", "--name", Name, "--environment-type", "development"))
        {
            Assert.Contains("presents version 2 for the route the-route", Text(here.OutputLines), StringComparison.Ordinal);
        }

        using var disabled = await JsonAsync("disable", "--name", Name);
        Assert.Equal("inForce", disabled.RootElement.GetProperty("proxies")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task UpdateThatTheProxyCannotRead_SaysWhyAndIsExit1()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using var proxy = await RunAsync(balancer);
        _folder.Write("passphrase.txt", "not the proxy's");

        await using (var update = await UpdateAsync("CN=alice-2", TestCertificates.Root, "--passphrase-file", "passphrase.txt"))
        {
            Assert.Equal(1, update.ExitCode);
            Assert.Contains("stays with what it had; it cannot read the certificate.", Text(update.OutputLines), StringComparison.Ordinal);
            Assert.Contains($"cannot read '{Name}', so the change is not in force there: The certificate in ", Text(update.ErrorLines), StringComparison.Ordinal);
            Assert.Contains("The store's private key is encrypted and no store passphrase was given.", Text(update.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal("CN=alice", await SubjectAsync(proxy));

        await using (var update = await UpdateAsync("CN=alice-3", TestCertificates.Root, "--passphrase-file", "passphrase.txt", "--output", "json"))
        {
            Assert.Equal(1, update.ExitCode);
            using var json = JsonDocument.Parse(Text(update.OutputLines));
            Assert.Equal(("unreadable", "unreadable"), (json.RootElement.GetProperty("result").GetString(), json.RootElement.GetProperty("proxies")[0].GetProperty("result").GetString()));
            Assert.Equal(1, json.RootElement.GetProperty("proxies")[0].GetProperty("urls").GetArrayLength());
        }

        await using var readable = await UpdateAsync("CN=alice-4", TestCertificates.Root);
        Assert.Equal(0, readable.ExitCode);
        Assert.Equal("CN=alice-4", await SubjectAsync(proxy));
    }

    [Fact]
    public async Task DisableEnableAndDelete_TellTheEffectAndACertificateInUseIsNotDeleted()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using var proxy = await RunAsync(balancer);
        await SubjectAsync(proxy);

        await using (var disabled = await CommandAsync("disable", "--name", Name))
        {
            Assert.Contains("presents it no more", Text(disabled.OutputLines), StringComparison.Ordinal);
            Assert.Contains("No connection is left", Text(disabled.OutputLines), StringComparison.Ordinal);
        }

        await using (var enabled = await CommandAsync("enable", "--name", Name))
        {
            Assert.Contains("presents version 1", Text(enabled.OutputLines), StringComparison.Ordinal);
        }

        await using (var deleted = await CommandAsync("delete", "--name", Name, "--force"))
        {
            Assert.Equal(1, deleted.ExitCode);
            Assert.Contains("is in use", Text(deleted.ErrorLines), StringComparison.Ordinal);
            Assert.Contains("the-route", Text(deleted.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal("CN=alice", await SubjectAsync(proxy));
        Assert.Single(Directory.GetFiles(_folder.Combine("certificates"), ".proxy-*.sock"));
        proxy.Signal(ProcessSignal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.Empty(Directory.GetFiles(_folder.Combine("certificates"), ".proxy-*"));

        await using var gone = await CommandAsync("delete", "--name", Name, "--force");
        Assert.Equal(0, gone.ExitCode);
        Assert.Contains("No proxy is running", Text(gone.OutputLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProxyThatWasKilled_LeavesNoSocketThatACommandWaitsFor()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using (var proxy = await RunAsync(balancer))
        {
            await KillAsync(proxy);
        }

        Assert.Single(Directory.GetFiles(_folder.Combine("certificates"), ".proxy-*.sock"));

        await using var update = await UpdateAsync("CN=alice-2", TestCertificates.Root);

        Assert.Contains("No proxy is running", Text(update.OutputLines), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Combine("certificates"), ".proxy-*"));
    }

    [Fact]
    public async Task UpdateThatNoProxyHasTried_IsTriedByTheNextThatStarts() // as by one that was killed in the trial
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await CreateAsync();
        await using (var update = await UpdateAsync("CN=stranger", TestCertificates.OtherRoot))
        {
            Assert.Contains("presents version 2, unless an origin refuses it", Text(update.OutputLines), StringComparison.Ordinal);
        }

        await using (var proxy = await RunAsync(balancer))
        {
            Assert.Equal("CN=alice", await SubjectAsync(proxy));
            await proxy.WaitForLineAsync("version 2 was refused by");
            Assert.Equal("CN=alice", await SubjectAsync(proxy));
            await KillAsync(proxy);
        }

        await using (await UpdateAsync("CN=alice-2", TestCertificates.Root))
        {
        }

        await using (var proxy = await RunAsync(balancer))
        {
            await proxy.WaitForLineAsync("was rotated from version 1 to 3");
            Assert.Equal("CN=alice-2", await SubjectAsync(proxy));
            await KillAsync(proxy);
        }

        await using (var proxy = await RunAsync(balancer))
        {
            Assert.Equal("CN=alice-2", await SubjectAsync(proxy));
            Assert.DoesNotContain("On trial", proxy.Transcript, StringComparison.Ordinal);
        }
    }

    private static async Task KillAsync(TestProcess proxy)
    {
        proxy.Signal(ProcessSignal.Kill);
        await proxy.WaitForExitAsync();
    }

    private static string Text(IReadOnlyList<string> lines) => string.Join('\n', lines);

    private static async Task<string?> SubjectAsync(TestProcess proxy)
    {
        string line = await proxy.WaitForLineAsync("^listening on ");
        using var client = await RawClient.ConnectAsync(TestProxy.PortOf(line.TrimEnd('/')));
        return (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true))["X-Amzn-Mtls-Clientcert-Subject"];
    }

    private async Task<TestProcess> RunAsync(LoadBalancer balancer)
    {
        string url = $"https://localhost:{balancer.Port}";
        _folder.Write("pipeproxy.json", $$"""
            { "listeners": [ { "url": "http://127.0.0.1:0" } ], "resolve": { "localhost": [ "127.0.0.1" ] }, "certificateStore": "certificates",
              "trustedCertificates": "{{TestCertificates.Root.CertificatePath}}", "upstreams": { "{{url}}": { "probe": "/" } },
              "routes": [ { "path": "/{*rest}", "name": "the-route", "baseUrl": "{{url}}", "mtlsCertificate": "{{Name}}" } ] }
            """);
        var proxy = TestProcess.Start(ProxyBinary.Path, ["run", "--allow-root", .. TestedTransport.Arguments], _folder.Path);
        await proxy.WaitForLineAsync("^listening on ");
        return proxy;
    }

    private async Task CreateAsync()
    {
        await using var create = await CommandAsync("create", "--name", Name, "--cert", TestCertificates.Alice.CertificatePath, "--key", TestCertificates.Alice.KeyPath, "--environment-type", "development");
        Assert.Equal(0, create.ExitCode);
    }

    private Task<TestProcess> UpdateAsync(string subject, TestCertificate issuer, params IEnumerable<string> arguments)
    {
        (string certificate, string key) = TestProxyCertificate.IssuePem(subject, issuer);
        _folder.Write("new.pem", certificate);
        _folder.Write("new-key.pem", key);
        return CommandAsync(["update", "--name", Name, "--cert", "new.pem", "--key", "new-key.pem", .. arguments]);
    }

    private async Task<JsonDocument> JsonAsync(params IEnumerable<string> arguments)
    {
        await using var process = await CommandAsync([.. arguments, "--output", "json"]);
        return JsonDocument.Parse(Text(process.OutputLines));
    }

    private Task<TestProcess> CommandAsync(params IEnumerable<string> arguments)
        => TestProcess.RunAsync(ProxyBinary.Path, ["mtls-certificate", .. arguments, "--store", "certificates"], _folder.Path);
}
