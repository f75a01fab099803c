using System.Text.Json;
using System.Text.RegularExpressions;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The bundled load generator counts what happens, presents the certificates it was given, and says when something is wrong.</summary>
public sealed class LoadTestTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("-n", "500", "-c", "7", "-t", "2")]
    [InlineData("-n", "500", "-c", "3", "--rate", "5k")]
    [InlineData("-n", "60", "-c", "4", "--no-keepalive")]
    [InlineData("-n", "60", "-c", "4", "--requests-per-connection", "7")]
    public async Task Requests_AreCountedAsTheOriginCountsThem(params string[] options)
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        using var run = await RunAsync([nginx.Url + "/counted", .. options]);

        Assert.Equal(0, run.ExitCode);
        var expected = int.Parse(options[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((expected, expected, 0), (run.Whole("requests"), run.Whole("statuses", "200"), run.Whole("errors", "total")));
        Assert.Equal(expected, run.Json.GetProperty("intervals").EnumerateArray().Sum(static slot => slot.GetProperty("requests").GetInt64()));

        var requests = await SeenAsync(nginx, "GET /counted ", expected);
        var perConnection = requests.GroupBy(static line => line.Split(' ')[0]).Select(static lines => lines.Count()).ToArray();
        Assert.True(options[^2] == "--requests-per-connection" ? perConnection.All(static count => count <= 7) : options[^1] == "--no-keepalive" ? perConnection.All(static count => count == 1) : perConnection.Length <= 7);
    }

    [Fact]
    public async Task WeightedTargetsAtTwoOrigins_GetTheirShares()
    {
        await using var first = await NginxOrigin.StartPlainAsync();
        await using var second = await NginxOrigin.StartPlainAsync();
        using var run = await RunAsync([$"{first.Url}/a=3", $"{first.Url}/b=1", "--target", $"{second.Url}/c 4", "-c", "4", "-n", "400"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(400, run.Whole("requests"));
        await SeenAsync(first, "GET /a ", 150);
        await SeenAsync(first, "GET /b ", 50);
        await SeenAsync(second, "GET /c ", 200);
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task ClientCertificates_ArePresentedOnePerConnection(string tls)
    {
        await using var nginx = await NginxOrigin.StartAsync();
        using var run = await RunAsync([nginx.Url + "/", .. Certificates(TestCertificates.Alice, TestCertificates.Bob), "--tls", tls, "-c", "4", "-n", "40"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(40, run.Whole("statuses", "200"));
        var bySubject = (await SeenAsync(nginx, "GET / ", 40)).GroupBy(static line => line.Split('"')[1]).ToArray();
        Assert.Equal([TestCertificates.Alice.Subject, TestCertificates.Bob.Subject], bySubject.Select(static lines => lines.Key).Order(StringComparer.Ordinal));
        Assert.All(bySubject, static lines => Assert.Equal(2, lines.Select(static line => line.Split(' ')[0]).Distinct().Count()));
    }

    [Fact]
    public async Task ClientCertificates_AreRotatedWhenAsked()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        using var run = await RunAsync([nginx.Url + "/", .. Certificates(TestCertificates.Alice, TestCertificates.Bob), "--rotate-certs", "--no-keepalive", "-c", "1", "-n", "10"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(10, run.Whole("connections", "opened"));
        await SeenAsync(nginx, TestCertificates.Alice.Subject, 5);
        await SeenAsync(nginx, TestCertificates.Bob.Subject, 5);
    }

    [Fact]
    public async Task OpenLoop_CountsLatencyFromTheIntendedStart()
    {
        // The origin holds its first answer back for half a second, on purpose, and the 99 that were due a millisecond apart wait behind it. Whoever counts from sending sees one slow request; here all are.
        var stall = TimeSpan.FromMilliseconds(500);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            for (var first = true; await connection.TryReadHeadAsync() is not null; first = false)
            {
                if (first)
                {
                    await Task.Delay(stall);
                }

                await connection.WriteAsync(Answer);
            }
        });
        using var run = await RunAsync([origin.Url + "/", "-c", "1", "--rate", "1000", "-n", "100"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(100, run.Whole("requests"));
        var least = (stall - TimeSpan.FromMilliseconds(100)).TotalMicroseconds * 0.95;
        Assert.True(run.Json.GetProperty("latency").GetProperty("min").GetDouble() >= least, run.Output);
    }

    [Fact]
    public async Task Errors_AreToldApart()
    {
        // One connection at a time, so the script of the n-th is the fate of the n-th.
        await using var origin = ByteOrigin.Start(async connection =>
        {
            if (await connection.TryReadHeadAsync() is null)
            {
                return;
            }

            switch (connection.Number)
            {
                case 0:
                    connection.Reset();
                    break;
                case 1:
                    await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                    break;
                case 2:
                    await connection.WriteAsync("HTTP/1.1 200 OK\r\nBroken\r\n\r\n");
                    break;
                case 3:
                    await connection.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                    await connection.ReadHeadAsync();
                    await connection.WriteAsync("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    break;
                case 4:
                    await connection.StallAsync();
                    break;
                default:
                    await connection.WriteAsync("HTTP/1.0 200 OK\r\n\r\nuntil the end");
                    break;
            }
        });
        using var run = await RunAsync([origin.Url + "/", "-c", "1", "-n", "7", "--timeout", "500ms"]);

        Assert.Equal((3, 1, 1, 1), (run.Whole("requests"), run.Whole("statuses", "200"), run.Whole("errors", "http", "4xx"), run.Whole("errors", "http", "statuses", "503")));
        Assert.Equal((1, 2, 1), (run.Whole("errors", "http", "malformed"), run.Whole("errors", "socket", "read"), run.Whole("errors", "socket", "timeout")));
        Assert.Equal((6, 3, 3), (run.Whole("errors", "total"), run.Whole("errors", "http", "total"), run.Whole("errors", "socket", "total")));

        // What was measured with broken answers in it is not to be trusted.
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("broke HTTP/1.1", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--no-keepalive")]
    public async Task OriginThatIsNotThere_IsExit1(string option)
    {
        using var run = await RunAsync([$"http://127.0.0.1:{FreePorts.Next()}/", "-c", "2", "-n", "4", .. option.Length > 0 ? [option] : Array.Empty<string>()]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(option.Length > 0 ? "nothing answered" : "connection refused", run.Error, StringComparison.Ordinal);
        if (option.Length > 0)
        {
            Assert.Equal((0, 4), (run.Whole("requests"), run.Whole("errors", "socket", "connect")));
        }
    }

    [Fact]
    public async Task UntrustedOrigin_IsATlsErrorUnlessItMayBe()
    {
        await using var nginx = await NginxOrigin.StartAsync(PeerTls.Default with { Verification = ClientVerification.Off });
        using var refused = await RunAsync([nginx.Url + "/", "-c", "1", "-n", "2", "--no-keepalive"]);
        Assert.Equal((1, 2), (refused.ExitCode, refused.Whole("errors", "socket", "tls")));
        Assert.Contains("no trusted root", refused.Json.GetProperty("errors").GetProperty("reasons")[0].GetProperty("text").GetString(), StringComparison.Ordinal);

        using var accepted = await RunAsync([nginx.Url + "/", "-c", "1", "-n", "2", "--insecure"]);
        Assert.Equal((0, 2), (accepted.ExitCode, accepted.Whole("statuses", "200")));
    }

    [Fact]
    public async Task ExitCodes_TellWhatBecameOfARun()
    {
        await using var origin = ByteOrigin.Answering(Answer);
        Assert.Equal(0, (await RunAsync([origin.Url + "/", "-c", "2", "-n", "20", "--fail-if", "errors>0", "--fail-if", "requests<20"])).ExitCode);
        Assert.Equal(2, (await RunAsync([origin.Url + "/", "--no-such-flag"])).ExitCode);

        using var failed = await RunAsync([origin.Url + "/", "-c", "2", "-n", "20", "--fail-if", "p99>0.001us", "--fail-if", "rate>0"]);
        Assert.Equal(3, failed.ExitCode);
        Assert.Contains("failed: p99>0.001us, p99 is ", failed.Error, StringComparison.Ordinal);
        Assert.Contains("failed: rate>0, rate is ", failed.Error, StringComparison.Ordinal);
        Assert.Equal(20, failed.Whole("requests"));
    }

    [Theory]
    [InlineData("--body-size", "300KiB")]
    [InlineData("--body-size", "300KiB", "--chunked")]
    [InlineData("--body", "text", "-X", "PUT", "-H", "Content-Type: text/plain")]
    public async Task Bodies_ArriveWhole(params string[] options)
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        using var run = await RunAsync([nginx.Url + "/upload", "-c", "3", "-n", "12", .. options]);
        Assert.Equal((0, 12), (run.ExitCode, run.Whole("statuses", "200")));
        Assert.Equal(options[0] == "--body" ? 4 : 300 * 1024, run.Whole("options", "bodyBytes"));
    }

    [Fact]
    public async Task AnswersWithoutBodyAndLargeOnes_AreReadToTheirEnd()
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        var large = nginx.AddFile("large", 3_000_000);
        using var head = await RunAsync([nginx.Url + large, "-X", "HEAD", "-c", "2", "-n", "10"]);
        Assert.Equal((0, 10), (head.ExitCode, head.Whole("statuses", "200")));
        Assert.InRange(head.Whole("bytes"), 10, 10_000);

        using var all = await RunAsync([nginx.Url + large, nginx.Url + "/status/204", "-c", "2", "-n", "10"]);
        Assert.Equal((0, 5, 5), (all.ExitCode, all.Whole("statuses", "200"), all.Whole("statuses", "204")));
        Assert.InRange(all.Whole("bytes"), 15_000_000, 15_010_000);
    }

    [Fact]
    public async Task CtrlC_PrintsWhatWasMeasured()
    {
        await using var origin = ByteOrigin.Answering(Answer);
        using TemporaryDirectory folder = new();
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "2", "-d", "10m", "--interval", "100ms", "--json", folder.Combine("run.json")]);
        await process.WaitForLineAsync(@"\d+/s  p50");
        process.Signal(ProcessSignal.Interrupt);

        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Contains("interrupted", string.Join('\n', process.OutputLines), StringComparison.Ordinal);
        using var result = JsonDocument.Parse(File.ReadAllText(folder.Combine("run.json")));
        Assert.True(result.RootElement.GetProperty("interrupted").GetBoolean());
        Assert.True(result.RootElement.GetProperty("requests").GetInt64() > 0);
    }

    [Fact]
    public async Task Warmup_IsNotMeasured()
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        using var run = await RunAsync([nginx.Url + "/", "-c", "2", "-n", "50", "--warmup", "200ms"]);
        Assert.Equal((0, 50), (run.ExitCode, run.Whole("requests")));
        Assert.True((await LinesAsync(nginx, "GET / ", 51)).Length > 50);
    }

    [Fact]
    public async Task WatchedProcess_StandsBesideTheResult()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads Linux's /proc.");
        await using var nginx = await NginxOrigin.StartPlainAsync();
        using TemporaryDirectory folder = new();
        using var run = await RunAsync([nginx.Url + "/", "-c", "8", "-n", "3000", "--watch-pid", $"{nginx.Process.Id}=origin", "--html", folder.Combine("run.html"), "--csv", folder.Combine("run.csv")]);

        Assert.Equal(0, run.ExitCode);
        var watched = run.Json.GetProperty("watched")[0];
        Assert.Equal(("origin", nginx.Process.Id), (watched.GetProperty("name").GetString(), watched.GetProperty("pid").GetInt32()));
        Assert.True(watched.GetProperty("cpuPerRequestMicros").GetDouble() > 0);
        Assert.True(watched.GetProperty("rssPeakBytes").GetInt64() > 100_000);
        Assert.Contains("\"name\": \"origin\"", File.ReadAllText(folder.Combine("run.html")), StringComparison.Ordinal);
        Assert.StartsWith("kind,t,", File.ReadAllText(folder.Combine("run.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryFlag_IsOnThePage()
    {
        var page = await File.ReadAllTextAsync(RepositoryRoot.Combine("docs", "load-test.md"), TestContext.Current.CancellationToken);
        foreach (string[] command in new string[][] { ["--help"], ["compare", "--help"], ["turns", "--help"] })
        {
            await using var help = await TestProcess.RunAsync(LoadTestBinary.Path, command);
            var flags = Regex.Matches(string.Join('\n', help.OutputLines), @"^  (?:-\S, )*(--[a-z-]+)", RegexOptions.Multiline).Select(static match => match.Groups[1].Value).ToArray();
            Assert.NotEmpty(flags);
            Assert.All(flags, flag => Assert.Contains($"`{flag}", page, StringComparison.Ordinal));
        }
    }

    // The access log's lines of exactly so many requests.
    private static async Task<string[]> SeenAsync(NginxOrigin nginx, string text, int requests)
    {
        var lines = await LinesAsync(nginx, text, requests);
        Assert.Equal(requests, lines.Length);
        return lines;
    }

    // nginx writes a line after the answer is out, so the last ones may still come.
    private static async Task<string[]> LinesAsync(NginxOrigin nginx, string text, int atLeast)
    {
        var seen = 0;
        await nginx.Process.WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal) && ++seen == atLeast);
        return [.. nginx.Process.OutputLines.Where(line => line.Contains(text, StringComparison.Ordinal))];
    }

    private static IEnumerable<string> Certificates(params TestCertificate[] certificates)
        => certificates.SelectMany(static certificate => new[] { "--cert", certificate.CertificatePath, "--key", certificate.KeyPath }).Prepend(TestCertificates.Root.CertificatePath).Prepend("--trusted-ca");

    private static async Task<Run> RunAsync(IEnumerable<string> arguments)
    {
        await using var process = await TestProcess.RunAsync(LoadTestBinary.Path, [.. arguments, "--output", "json"], timeout: TimeSpan.FromSeconds(60));
        return new Run(process.ExitCode, string.Join('\n', process.OutputLines), string.Join('\n', process.ErrorLines));
    }

    private sealed class Run(int exitCode, string output, string error) : IDisposable
    {
        private readonly JsonDocument? _json = output.Length > 0 ? JsonDocument.Parse(output) : null;

        public int ExitCode => exitCode;

        public string Output => output;

        public string Error => error;

        public JsonElement Json => _json?.RootElement ?? throw new InvalidOperationException($"There is no result: {error}");

        public long Whole(params string[] path) => path.Aggregate(Json, static (element, name) => element.GetProperty(name)).GetInt64();

        public void Dispose() => _json?.Dispose();
    }
}
