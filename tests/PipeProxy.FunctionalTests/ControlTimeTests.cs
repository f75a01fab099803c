using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Control;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>How long a command waits for connections under an old identity is told by the proxy's own clock.</summary>
public sealed class ControlTimeTests
{
    private const string Name = "alice";
    private const int PatienceSeconds = 60;

    // At least 40 s of the system's clock, in which a busy machine gets round to it and a minute does not pass.
    private const int MaxSeconds = 2000;

    [Fact]
    public async Task WaitForLeavingConnections_EndsByTheProxysClock()
    {
        using TemporaryDirectory folder = new();
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        CertificateStore store = new(folder.Path, null, time);
        using (var pair = CertificatePair.Parse(TestCertificates.Alice.CertificatePem, TestCertificates.Alice.KeyPem, null, [])!)
        {
            store.Create(Name, pair, [EnvironmentType.Development]);
        }

        // The origin never answers, so the connection stays with its request.
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(
            async connection =>
            {
                await connection.ReadHeadAsync();
                asked.TrySetResult();
                await connection.ReadToEndAsync();
            },
            new ByteOriginTls());
        var config = TestProxy.Config(TestProxy.Route("/{*rest}", origin.Url, Name));
        config = config with
        {
            Timeouts = config.Timeouts with { FirstByte = TimeSpan.FromHours(1) },
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Pool = new PoolConfig { DrainTimeout = TimeSpan.FromHours(1) } } },
        };
        await using var proxy = await TestProxy.StartAsync(config, store, time: time);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
        await asked.Task.WaitAsync(OriginConnection.DefaultTimeout, TestContext.Current.CancellationToken);

        store.SetEnabled(Name, false);
        var answers = ControlClient.AskAsync(
            folder.Path,
            new ControlRequest(ControlRequest.CurrentVersion, ControlCommand.Settle, Name) { WaitMilliseconds = PatienceSeconds * 1000 },
            TimeSpan.FromMinutes(2),
            TestContext.Current.CancellationToken);

        // Seconds of the proxy's time, each followed by a pause in which its threads may look at it.
        var seconds = 0;
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(20));
        while (!answers.IsCompleted && await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(++seconds < MaxSeconds, "It waits by another clock.");
        }

        var answer = Assert.Single(await answers);
        Assert.Equal((null, 1), (answer.Error, answer.Leaving));
        Assert.InRange(seconds, PatienceSeconds, MaxSeconds);
    }
}
