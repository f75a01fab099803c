using System.Text.Json;
using AlbSimulator;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary><c>diagnose</c> and <c>check --online</c> as people and scripts meet them.</summary>
public sealed class DiagnoseCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DiagnoseCommandTests()
    {
        var store = new CertificateStore(_folder.File("certificates"));
        foreach (var (name, certificate) in new[] { ("good", TestCertificates.Client), ("stranger", TestCertificates.UnknownClient) })
        {
            using var pair = CertificatePair.Parse(certificate.CertificatePem, certificate.KeyPem, null, [])!;
            store.Create(name, pair, [EnvironmentType.Development]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AcceptedCertificate_IsExit0AndEndsWithCauseAndNext()
    {
        await using var balancer = LoadBalancer.Start(Options);

        var run = await Diagnose(balancer, "good");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(6, run.Output.Split('\n').Count(static line => line.StartsWith("ok    ", StringComparison.Ordinal)));
        Assert.Contains("\ncause: The origin asked for a client certificate, took 'good' and answered 200 OK.\nnext: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusedCertificate_IsExit1WithTheAlbsReason()
    {
        await using var balancer = LoadBalancer.Start(Options);

        var run = await Diagnose(balancer, "stranger");

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("\nFAIL  first read ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\ncause: The origin refused the client certificate 'stranger' with alert 48 (unknown_ca) after the handshake: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nALB reason: ClientCertUntrusted, ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nnext: Add CN=Unknown Root to the origin's trust store", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--output")]
    [InlineData("-o")]
    public async Task Json_HasEverythingUnderStableNames(string output)
    {
        await using var balancer = LoadBalancer.Start(Options with { AdvertiseCa = true });

        var run = await Diagnose(balancer, "stranger", output, "json");

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("failed", report.GetProperty("result").GetString());
        Assert.Equal("certificate_refused", report.GetProperty("cause").GetProperty("code").GetString());
        Assert.Equal("ClientCertUntrusted", report.GetProperty("cause").GetProperty("albReason").GetString());
        Assert.Equal(48, report.GetProperty("failure").GetProperty("alert").GetInt32());
        Assert.Equal("unknown_ca", report.GetProperty("failure").GetProperty("alertName").GetString());
        Assert.Equal(["dns", "tcp", "tlsWithoutCertificate", "tlsWithCertificate", "firstRead", "get"], report.GetProperty("steps").EnumerateArray().Select(static step => step.GetProperty("step").GetString()));
        Assert.Equal(["ok", "ok", "ok", "ok", "failed", "skipped"], report.GetProperty("steps").EnumerateArray().Select(static step => step.GetProperty("result").GetString()));
        var request = report.GetProperty("certificateRequest");
        Assert.True(request.GetProperty("requested").GetBoolean());
        Assert.True(request.GetProperty("required").GetBoolean());
        Assert.False(request.GetProperty("issuerAdvertised").GetBoolean());
        Assert.Equal("CN=PipeProxy Test Root", request.GetProperty("acceptableIssuers")[0].GetString());
        Assert.Equal("TLS 1.3", report.GetProperty("handshakeWithCertificate").GetProperty("protocol").GetString());
        Assert.Equal("CN=unknown", report.GetProperty("presentedChain")[0].GetProperty("subject").GetString());
        Assert.True(report.GetProperty("origin").GetProperty("trusted").GetBoolean());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task Text_FitsTheTerminal(int columns)
    {
        await using var balancer = LoadBalancer.Start(Options);

        var run = await CliRun.Of(Arguments(balancer, "stranger"), width: columns);

        Assert.All(run.Output.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= columns, $"{line.Length}: {line}"));
    }

    [Fact]
    public async Task UnknownName_IsExit1BeforeAnyStep()
    {
        var run = await CliRun.Of(["diagnose", "https://localhost:1", "--mtls-certificate", "nobody", "--store", _folder.File("certificates")]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("error: There is no certificate 'nobody'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrustedCaThatIsMissing_IsExit1()
    {
        var run = await CliRun.Of(["diagnose", "https://localhost:1", "--trusted-ca", _folder.File("none.pem")]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("cannot be read", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckOnline_AsksEachOriginOncePerCertificateAndNamesTheRoutes()
    {
        await using var balancer = LoadBalancer.Start(Options);
        using var closed = new ClosedPort();
        var config = _folder.Write("pipeproxy.json", $$"""
            { "trustedCertificates": {{JsonSerializer.Serialize(TestCertificates.Root.CertificatePath)}},
              "resolve": { "localhost": ["127.0.0.1"] },
              "routes": [
              { "path": "/1", "baseUrl": "https://localhost:{{balancer.Port}}", "mtlsCertificate": "good" },
              { "path": "/2", "baseUrl": "https://localhost:{{balancer.Port}}/x", "mtlsCertificate": "good" },
              { "path": "/3", "baseUrl": "https://localhost:{{balancer.Port}}", "mtlsCertificate": "stranger" },
              { "path": "/4", "baseUrl": "https://localhost:{{closed.Port}}", "mtlsCertificate": "good" } ] }
            """);

        var run = await CliRun.Of(["check", "--online", "--config", config, "--store", _folder.File("certificates")]);

        Assert.Equal((3, ""), (run.ExitCode, run.Error));
        var lines = run.Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Matches($@"^online: https://localhost:{balancer.Port} with 'good' \(2 routes, \d+ ms\) ok: The origin asked for a client certificate, took 'good' and answered 200 OK\.$", lines[0]);
        Assert.Matches($@"^online: https://localhost:{balancer.Port} with 'stranger' \(1 route, \d+ ms\) failed: The origin refused the client certificate 'stranger'", lines[1]);
        Assert.Matches($@"^online: https://localhost:{closed.Port} with 'good' \(1 route, \d+ ms\) failed: 127\.0\.0\.1:{closed.Port} refused the connection\.$", lines[2]);
        Assert.Contains(lines, line => line.Contains("pipeproxy.json:6:", StringComparison.Ordinal) && line.Contains("error: routes[2].mtlsCertificate \"stranger\": ", StringComparison.Ordinal) && line.Contains("An ALB's connection log would say ClientCertUntrusted.", StringComparison.Ordinal));
        Assert.Contains("2 errors, 0 warnings", lines);
        Assert.Equal("next: mend them from the top, then run 'pipeproxy check --online' again.", lines[^2]);
    }

    [Fact]
    public async Task CheckOnline_IsExit0WhenEveryOriginLetsUsIn()
    {
        await using var balancer = LoadBalancer.Start(Options);

        var run = await CliRun.Of(
        [
            "check", "--online", "--forward", $"https://127.0.0.1:{balancer.Port}", "--mtls-certificate", "good",
            "--store", _folder.File("certificates"), "--trusted-ca", TestCertificates.Root.CertificatePath,
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("\nok: 1 route", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckOnline_WarnsOfAnOriginThatAsksForNoCertificate()
    {
        await using var balancer = LoadBalancer.Start(Options with { Mode = MutualTlsMode.Off });

        var run = await CliRun.Of(
        [
            "check", "--online", "--forward", $"https://127.0.0.1:{balancer.Port}", "--mtls-certificate", "good",
            "--store", _folder.File("certificates"), "--trusted-ca", TestCertificates.Root.CertificatePath,
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(" look: The origin never asked for a client certificate, so 'good' was not sent", run.Output, StringComparison.Ordinal);
        Assert.Contains("warning: --mtls-certificate \"good\": ", run.Output, StringComparison.Ordinal);
        Assert.Contains("requireCertificateRequest makes this a 522.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateThatIsSwitchedOff_IsExit1AlthoughTheOriginTakesIt()
    {
        await using var balancer = LoadBalancer.Start(Options);
        new CertificateStore(_folder.File("certificates")).SetEnabled("good", false);

        var run = await Diagnose(balancer, "good", "-o", "json");

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        var cause = JsonDocument.Parse(run.Output).RootElement.GetProperty("cause");
        Assert.Equal("certificate_unusable", cause.GetProperty("code").GetString());
        Assert.Equal("The origin asked for a client certificate, took 'good' and answered 200 OK, but 'good' is disabled, so pipeproxy run answers 522 and does not present it.", cause.GetProperty("sentence").GetString());
        Assert.Equal("Switch it on: pipeproxy mtls-certificate enable --name good", cause.GetProperty("next").GetString());
    }

    private static LoadBalancerOptions Options => new()
    {
        CertificatePem = TestCertificates.Server.CertificatePem,
        PrivateKeyPem = TestCertificates.Server.KeyPem,
        TrustStorePem = TestCertificates.Root.CertificatePem,
    };

    private Task<CliRun> Diagnose(LoadBalancer balancer, string name, params string[] more) => CliRun.Of([.. Arguments(balancer, name), .. more]);

    private string[] Arguments(LoadBalancer balancer, string name) =>
    [
        "diagnose", $"https://127.0.0.1:{balancer.Port}/status/200", "--mtls-certificate", name,
        "--store", _folder.File("certificates"), "--trusted-ca", TestCertificates.Root.CertificatePath, "--timeout", "1m",
    ];
}
