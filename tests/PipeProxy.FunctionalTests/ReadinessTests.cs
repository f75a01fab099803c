using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A proxy is ready as long as some route of its can be served.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task EveryRoutesCertificateIsUnusable_IsNotReadyUntilOneIsNot()
    {
        await using var proxy = await TestProxy.StartAsync("https://localhost:1", certificate: TestCertificates.ExpiredClient);
        Assert.False(proxy.Proxy.Readiness.IsReady);
        Assert.Contains("expired on", Assert.Single(proxy.Proxy.Readiness.Problems), StringComparison.Ordinal);

        // The one before cannot be presented, so the new one is in force at once.
        await proxy.RotateAsync(TestProxy.Named(TestProxy.CertificateName, TestCertificates.Client));
        Assert.True(proxy.Proxy.Readiness.IsReady);
        Assert.Empty(proxy.Proxy.Readiness.Problems);

        await proxy.Proxy.StopAsync();
        Assert.False(proxy.Proxy.Readiness.IsReady);
    }

    [Fact]
    public async Task OneRouteOfTwoCanBeServed_IsReadyAndTellsOfTheOther()
    {
        ProxyConfig config = TestProxy.Config(TestProxy.Route("/a", "https://localhost:1", "a"), TestProxy.Route("/b", "https://localhost:1", "b"));
        await using var proxy = await TestProxy.StartAsync(config, [TestProxy.Named("a", TestCertificates.Client), TestProxy.Named("b", TestCertificates.ExpiredClient)]);

        Assert.True(proxy.Proxy.Readiness.IsReady);
        Assert.Contains("'b'", Assert.Single(proxy.Proxy.Readiness.Problems), StringComparison.Ordinal);
    }
}
