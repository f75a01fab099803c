using System.Collections.Concurrent;
using System.Diagnostics;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Twenty changes of a certificate under load, refused ones among them: no request fails, none leaves under a certificate that was not in force, and what was replaced is gone.</summary>
public sealed class RotationLoadTests(ITestOutputHelper output)
{
    private const string Name = "alice";
    private const int Clients = 64;
    private const int Rotations = 20;

    [Theory]
    [InlineData(OriginKind.Nginx)]
    [InlineData(OriginKind.Haproxy)]
    public async Task TwentyRotationsUnderLoad_LoseNoRequest(OriginKind kind)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/{*rest}", origin.Url, Name)) with { Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Probe = "/" } } },
            [TestProxyCertificate.Issue(Name, Subject(0))]);
        using CancellationTokenSource done = new();
        ConcurrentBag<string> wrong = [];
        var (requests, atLeast, atMost) = (0L, 0, 0);
        var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            using var client = await proxy.ConnectAsync(TimeSpan.FromSeconds(90));
            while (!done.IsCancellationRequested)
            {
                var oldest = Volatile.Read(ref atLeast);
                var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
                Interlocked.Increment(ref requests);
                var seen = origin.SubjectSeenIn(response);
                if (response.StatusCode != 200 || seen is null || !IsBetween(seen, oldest, Volatile.Read(ref atMost)))
                {
                    wrong.Add($"status {response.StatusCode}, {seen ?? response["Proxy-Status"]}, when {oldest} was in force");
                }
            }
        })).ToArray();

        var slowest = TimeSpan.Zero;
        for (int rotation = 1; rotation <= Rotations; rotation++)
        {
            // Every fourth is of an authority that the origin does not know.
            if (rotation % 4 == 0)
            {
                var refused = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=stranger", TestCertificates.OtherRoot));
                Assert.Equal(RotationOutcome.RolledBack, refused.Outcome);
            }

            Volatile.Write(ref atMost, rotation);
            var switched = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, Subject(rotation)));
            Assert.Equal(RotationOutcome.Switched, switched.Outcome);
            Volatile.Write(ref atLeast, rotation);
            var since = Stopwatch.GetTimestamp();
            await OldIdentitiesGoAsync(proxy);
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
        }

        await done.CancelAsync();
        await Task.WhenAll(clients);
        output.WriteLine($"{requests} requests, {Rotations} rotations; the slowest old identity was gone {slowest.TotalMilliseconds:0} ms after its switch.");
        Assert.Empty(wrong);
        Assert.True(requests >= Rotations * Clients, $"Only {requests} requests.");
    }

    private static string Subject(int generation) => $"CN=alice-{generation}";

    private static bool IsBetween(string subject, int oldest, int newest)
        => Enumerable.Range(oldest, newest - oldest + 1).Any(generation => subject == Subject(generation));

    // A request that was under way ends first; its connection closes behind it.
    private static async Task OldIdentitiesGoAsync(TestProxy proxy)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(5));
        while (proxy.Proxy.Pools.Any(static pool => pool.Retired))
        {
            await look.WaitForNextTickAsync(limit.Token);
        }
    }
}
