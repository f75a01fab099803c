using AlbSimulator;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A <c>statusProfile</c> chooses the numbers that stand for the same failures, and nothing else.</summary>
public sealed class StatusProfileTests
{
    [Theory]
    [InlineData(StatusProfile.Zuplo, 522, 522, 522, 522)]
    [InlineData(StatusProfile.Cloudflare, 522, 525, 526, 525)]
    [InlineData(StatusProfile.Rfc9209, 502, 502, 502, 500)]
    public async Task Failures_HaveTheProfilesNumbers(StatusProfile profile, int refusedConnection, int refusedCertificate, int untrustedOrigin, int expiredCertificate)
    {
        using ClosedPort closed = new();
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var untrusted = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Certificate = TestCertificates.OtherRootServer }));
        var config = TestProxy.Config(
            TestProxy.Route("/closed", $"https://localhost:{closed.Port}", "alice"),
            TestProxy.Route("/stranger", $"https://localhost:{balancer.Port}", "stranger"),
            TestProxy.Route("/untrusted", $"https://localhost:{untrusted.Port}", "alice"),
            TestProxy.Route("/expired", $"https://localhost:{balancer.Port}", "expired"));
        await using var proxy = await TestProxy.StartAsync(
            config with { StatusProfile = profile },
            [TestProxy.Named("alice", TestCertificates.Alice), TestProxy.Named("stranger", TestCertificates.UnknownClient), TestProxy.Named("expired", TestCertificates.ExpiredClient)]);

        Assert.Equal(refusedConnection, (await proxy.GetAsync("/closed")).StatusCode);
        Assert.Equal(refusedCertificate, (await proxy.GetAsync("/stranger")).StatusCode);
        Assert.Equal(untrustedOrigin, (await proxy.GetAsync("/untrusted")).StatusCode);
        Assert.Equal(expiredCertificate, (await proxy.GetAsync("/expired")).StatusCode);
    }
}
