using System.Collections.Concurrent;
using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A request never leaves under another route's certificate, whatever is going on at the same time.</summary>
public sealed class IsolationTests
{
    private const int Clients = 200;

    // How long the run over rotations is: PIPEPROXY_ISOLATION_REQUESTS=200000 makes it long.
    private static readonly long RotatedRequests = long.TryParse(Environment.GetEnvironmentVariable("PIPEPROXY_ISOLATION_REQUESTS"), CultureInfo.InvariantCulture, out long asked) ? asked : 2400;

    [Theory]
    [InlineData(OriginKind.Nginx, TlsVersions.Tls13, TestBuffers.Normal)]
    [InlineData(OriginKind.Nginx, TlsVersions.Tls12, TestBuffers.Tiny)]
    [InlineData(OriginKind.Haproxy, TlsVersions.Tls13, TestBuffers.Normal)]
    public async Task TwoCertificatesToOneHost_AreNeverMixed(OriginKind kind, TlsVersions versions, TestBuffers buffers)
    {
        const int RequestsEach = 20;
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/alice/{*rest}", origin.Url, "alice"), TestProxy.Route("/bob/{*rest}", origin.Url, "bob")),
            [TestProxy.Named("alice", TestCertificates.Alice), TestProxy.Named("bob", TestCertificates.Bob)],
            buffers);

        var served = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            using var client = await proxy.ConnectAsync(TimeSpan.FromSeconds(90));
            for (int request = 0; request < RequestsEach; request++)
            {
                // Both names on one connection of a client, out of step with its neighbours.
                string name = (i + request) % 2 == 0 ? "alice" : "bob";
                var response = await client.ExchangeAsync($"GET /{name}/{i} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
                Assert.Equal((200, $"CN={name}"), (response.StatusCode, origin.SubjectSeenIn(response)));
            }

            return RequestsEach;
        }));

        Assert.Equal(Clients * RequestsEach, served.Sum());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CertificatesReplacedLive_AreNeverMixedAndTheNewOneHolds(bool tlsResume)
    {
        const int Generations = 12;
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Nginx, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/alice/{*rest}", origin.Url, "alice"), TestProxy.Route("/bob/{*rest}", origin.Url, "bob")) with
            {
                Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Probe = "/", TlsResume = tlsResume, Pool = new() { MaxAge = TimeSpan.FromSeconds(1) } } },
            },
            [Issue("alice", 0), Issue("bob", 0)]);
        using CancellationTokenSource done = new();
        int[] inForce = [0, 0];
        ConcurrentBag<string> wrong = [];
        long requests = 0;
        var clients = Enumerable.Range(0, Clients / 4).Select(i => Task.Run(async () =>
        {
            using var client = await proxy.ConnectAsync(TimeSpan.FromSeconds(90));
            for (int request = 0; !done.IsCancellationRequested; request++)
            {
                int who = (i + request) % 2;
                string name = who == 0 ? "alice" : "bob";
                int atLeast = Volatile.Read(ref inForce[who]);
                var response = await client.ExchangeAsync($"GET /{name}/{i} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
                Interlocked.Increment(ref requests);
                string subject = origin.SubjectSeenIn(response) ?? $"status {response.StatusCode} {response["Proxy-Status"]}";

                // The switch was over before the request began, so an older generation must not be seen any more.
                if (!subject.StartsWith($"CN={name}-", StringComparison.Ordinal)
                    || int.Parse(subject.AsSpan($"CN={name}-".Length), CultureInfo.InvariantCulture) < atLeast)
                {
                    wrong.Add($"/{name} went out under {subject} when {atLeast} was in force");
                }
            }
        })).ToArray();

        for (int generation = 1; generation <= Generations; generation++)
        {
            for (int who = 0; who < 2; who++)
            {
                Assert.Equal(RotationOutcome.Switched, (await proxy.RotateAsync(Issue(who == 0 ? "alice" : "bob", generation))).Outcome);
                Volatile.Write(ref inForce[who], generation);
            }

            // Each generation serves for a while: until a good number of requests has gone out.
            long until = Interlocked.Read(ref requests) + (RotatedRequests / Generations);
            while (Interlocked.Read(ref requests) < until && !clients.Any(static client => client.IsFaulted))
            {
                await Task.Yield();
            }
        }

        await done.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(wrong);
        Assert.True(requests >= RotatedRequests / Generations * Generations, $"{requests} requests");
    }

    [Fact]
    public async Task RemovedAndDisabledCertificates_ServeNoMoreRequestsOnOpenConnections()
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Nginx, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/alice/{*rest}", origin.Url, "alice"), TestProxy.Route("/bob/{*rest}", origin.Url, "bob")),
            [TestProxy.Named("alice", TestCertificates.Alice), TestProxy.Named("bob", TestCertificates.Bob)]);
        Assert.Equal(200, (await proxy.GetAsync("/alice/1")).StatusCode);

        var alice = TestCertificates.Alice;
        proxy.Certificates.Set(ClientCertificate.FromPem("alice", alice.CertificatePem, alice.KeyPem, enabled: false));

        var refused = await proxy.GetAsync("/alice/2");
        Assert.Equal(522, refused.StatusCode);
        Assert.Contains("error=proxy_configuration_error", refused["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("disabled", refused.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await proxy.GetAsync("/bob/1")).StatusCode);

        proxy.Certificates.Set(TestProxy.Named("alice", alice));
        Assert.Equal("CN=alice", origin.SubjectSeenIn(await proxy.GetAsync("/alice/3")));
    }

    private static ClientCertificate Issue(string name, int generation) => TestProxyCertificate.Issue(name, $"CN={name}-{generation}");
}
