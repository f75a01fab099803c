using AlbSimulator;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A changed certificate is shown to its origins before it is in force; one that an origin refuses never serves a request.</summary>
public sealed class RotationTests
{
    private const string Name = "alice";

    [Theory]
    [InlineData(OriginKind.Simulator, PipeProxy.Testing.TlsVersions.Tls12)]
    [InlineData(OriginKind.Simulator, PipeProxy.Testing.TlsVersions.Tls13)]
    [InlineData(OriginKind.Nginx, PipeProxy.Testing.TlsVersions.Both)]
    [InlineData(OriginKind.Haproxy, PipeProxy.Testing.TlsVersions.Tls13)]
    [InlineData(OriginKind.Openssl, PipeProxy.Testing.TlsVersions.Tls12)]
    public async Task RefusedCertificate_IsRolledBackAndAcceptedOneIsSwitchedTo(OriginKind kind, PipeProxy.Testing.TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await StartAsync(origin.Url, probe: "/");
        Assert.Equal("CN=alice", origin.SubjectSeenIn(await proxy.GetAsync()));

        var refused = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=stranger", TestCertificates.OtherRoot));

        var verdict = Assert.Single(refused.Origins);
        Assert.Equal((RotationOutcome.RolledBack, CanaryVerdict.Refused), (refused.Outcome, verdict.Verdict));
        Assert.Equal("CN=alice", origin.SubjectSeenIn(await proxy.GetAsync()));
        Assert.StartsWith("Error", await proxy.WaitForLogAsync("is not in force"), StringComparison.Ordinal);

        var accepted = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=alice-2"));

        verdict = Assert.Single(accepted.Origins);
        Assert.Equal((RotationOutcome.Switched, CanaryVerdict.Accepted), (accepted.Outcome, verdict.Verdict));
        Assert.Equal("CN=alice-2", origin.SubjectSeenIn(await proxy.GetAsync()));
    }

    [Theory]
    [InlineData(RejectStyle.Alert, (byte)48)]
    [InlineData(RejectStyle.LateAlert, (byte)48)]
    [InlineData(RejectStyle.Eof, null)]
    [InlineData(RejectStyle.Reset, null)]
    public async Task EveryStyleOfRejection_IsARefusalWithoutAProbeToo(RejectStyle style, byte? alert)
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options() with { RejectStyle = style });
        await using var proxy = await StartAsync($"https://localhost:{balancer.Port}", probe: null);

        var rotation = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=stranger", TestCertificates.OtherRoot));

        var verdict = Assert.Single(rotation.Origins);
        Assert.Equal((RotationOutcome.RolledBack, CanaryVerdict.Refused, alert), (rotation.Outcome, verdict.Verdict, verdict.Alert));
        var recorded = Assert.Single(proxy.Proxy.RecentFailures);
        Assert.Equal((Name, "refused_on_trial", alert, verdict.Origin), (recorded.Certificate, recorded.Code, recorded.Alert, recorded.Origin));
        Assert.StartsWith($"Version {rotation.ToVersion}, on trial: ", recorded.Detail, StringComparison.Ordinal);
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Amzn-Mtls-Clientcert-Subject"]);
    }

    [Fact]
    public async Task OriginWithoutAWordFor2Seconds_CountsAsAcceptedAndTheLogSaysSo()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await StartAsync($"https://localhost:{balancer.Port}", probe: null);

        var rotation = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=alice-2"));

        Assert.Equal((RotationOutcome.Switched, CanaryVerdict.Silent), (rotation.Outcome, Assert.Single(rotation.Origins).Verdict));
        Assert.StartsWith("Warning", await proxy.WaitForLogAsync("said nothing against the certificate"), StringComparison.Ordinal);
        Assert.Equal("CN=alice-2", (await proxy.GetAsync())["X-Amzn-Mtls-Clientcert-Subject"]);
    }

    [Fact]
    public async Task OriginThatCannotBeReached_IsWarnedOfAndHoldsNothingUp()
    {
        using ClosedPort closed = new();
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        string url = $"https://localhost:{balancer.Port}";
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/closed", $"https://localhost:{closed.Port}", Name), TestProxy.Route("/{*rest}", url, Name)) with { Upstreams = Probing(url) },
            [TestProxy.Named(Name, TestCertificates.Alice)]);

        var rotation = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=alice-2"));

        Assert.Equal(RotationOutcome.Switched, rotation.Outcome);
        Assert.Equal([CanaryVerdict.Accepted, CanaryVerdict.Unreachable], rotation.Origins.Select(static origin => origin.Verdict).Order());
        Assert.Equal("CN=alice-2", (await proxy.GetAsync())["X-Amzn-Mtls-Clientcert-Subject"]);
    }

    [Fact]
    public async Task OneOfTwoOriginsRefuses_NeitherIsSwitchedAndTheAuthoritiesThatItAcceptsAreTold()
    {
        await using var willing = LoadBalancer.Start(VerifyingOrigin.Options() with { TrustStorePem = TestCertificates.Root.CertificatePem + TestCertificates.OtherRoot.CertificatePem });
        await using var strict = LoadBalancer.Start(VerifyingOrigin.Options() with { AdvertiseCa = true });
        string[] urls = [$"https://localhost:{willing.Port}", $"https://localhost:{strict.Port}"];
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/willing", urls[0], Name), TestProxy.Route("/strict", urls[1], Name)) with { Upstreams = Probing(urls) },
            [TestProxy.Named(Name, TestCertificates.Alice)]);

        var rotation = await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=alice-2", TestCertificates.OtherRoot));

        Assert.Equal(RotationOutcome.RolledBack, rotation.Outcome);
        Assert.Equal([CanaryVerdict.Accepted, CanaryVerdict.Refused], rotation.Origins.Select(static origin => origin.Verdict).Order());
        var refusal = rotation.Origins.Single(static origin => origin.Verdict == CanaryVerdict.Refused);
        Assert.Equal([TestCertificates.Root.Certificate.Subject], refusal.AcceptableAuthorities);
        Assert.Equal([TestCertificates.OtherRoot.Certificate.Subject], refusal.UnacceptedIssuers);
        string line = await proxy.WaitForLogAsync("accepts certificates of other authorities");
        Assert.Contains(TestCertificates.Root.Certificate.Subject, line, StringComparison.Ordinal);
        Assert.Contains(TestCertificates.OtherRoot.Certificate.Subject, line, StringComparison.Ordinal);
        Assert.Equal("CN=alice", (await proxy.GetAsync("/willing"))["X-Amzn-Mtls-Clientcert-Subject"]);
    }

    [Fact]
    public async Task RefusedCertificate_IsNotTriedAgainWhenAnotherChanges()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        string url = $"https://localhost:{balancer.Port}";
        await using var proxy = await StartAsync(url, probe: "/");
        await proxy.RotateAsync(TestProxyCertificate.Issue(Name, "CN=stranger", TestCertificates.OtherRoot));
        long connections = balancer.Connections;

        proxy.Certificates.Set(TestProxyCertificate.Issue("other", "CN=other"));
        await proxy.Proxy.SettleAsync("other");

        Assert.Equal(connections, balancer.Connections);
    }

    [Fact]
    public async Task DisabledDuringItsTrial_AnswersNoRequestFromThenOn()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await StartAsync($"https://localhost:{balancer.Port}", probe: null);
        proxy.Certificates.Set(TestProxyCertificate.Issue(Name, "CN=alice-2"));

        proxy.Certificates.Set(ClientCertificate.FromPem(Name, TestCertificates.Bob.CertificatePem, TestCertificates.Bob.KeyPem, enabled: false));

        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);
        Assert.Equal(RotationOutcome.Superseded, (await WaitForRotationAsync(proxy)).Outcome);
    }

    [Fact]
    public async Task DisabledDuringItsTrialWhenItWasInForceAtOnce_IsNotToldAsSwitched()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        var expired = TestProxyCertificate.Issue(Name, "CN=alice", TestCertificates.Root, notAfter: DateTimeOffset.UtcNow.AddHours(-1));
        await using var proxy = await TestProxy.StartAsync(TestProxy.Config(TestProxy.Route("/{*rest}", $"https://localhost:{balancer.Port}", Name)), [expired]);
        var next = TestProxyCertificate.Issue(Name, "CN=alice-2");
        proxy.Certificates.Set(next);
        await proxy.WaitForLogAsync("Certificates were reloaded");

        proxy.Certificates.Set(next.With(null, enabled: false));

        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);
        Assert.Equal(RotationOutcome.Superseded, (await WaitForRotationAsync(proxy)).Outcome);
    }

    [Fact]
    public async Task ItsRouteGoesDuringItsTrial_IsNotToldAsSwitched()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        string url = $"https://localhost:{balancer.Port}";
        await using var proxy = await StartAsync(url, probe: null);
        proxy.Certificates.Set(TestProxyCertificate.Issue(Name, "CN=alice-2"));
        await proxy.WaitForLogAsync("Certificates were reloaded");

        Assert.True((await proxy.Proxy.ApplyAsync(TestProxy.Config(TestProxy.Route("/{*rest}", url)) with { Listeners = proxy.Proxy.Config.Listeners })).Applied);

        Assert.Equal(RotationOutcome.Superseded, (await WaitForRotationAsync(proxy)).Outcome);
    }

    [Fact]
    public async Task NewCertificateThatIsNotValidYet_LeavesTheOldOneInForceUntilThen()
    {
        TestClock clock = new();
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        string url = $"https://localhost:{balancer.Port}";
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/{*rest}", url, Name)) with { Upstreams = Probing(url) }, [TestProxy.Named(Name, TestCertificates.Alice)], time: clock);

        // The origin's clock is the system's, for which it is valid already.
        clock.Back(TimeSpan.FromHours(1));
        proxy.Certificates.Set(TestProxyCertificate.Issue(Name, "CN=alice-2", TestCertificates.Root, notBefore: DateTimeOffset.UtcNow.AddMinutes(-30)));
        Assert.Equal("CN=alice", (await proxy.GetAsync())["X-Amzn-Mtls-Clientcert-Subject"]);
        await proxy.WaitForLogAsync("is presented meanwhile");

        clock.Back(TimeSpan.Zero);
        clock.Fire();

        Assert.Equal(RotationOutcome.Switched, (await WaitForRotationAsync(proxy)).Outcome);
        Assert.Equal("CN=alice-2", (await proxy.GetAsync())["X-Amzn-Mtls-Clientcert-Subject"]);
    }

    private static Task<TestProxy> StartAsync(string url, string? probe) => TestProxy.StartAsync(
        TestProxy.Config(TestProxy.Route("/{*rest}", url, Name)) with { Upstreams = probe is null ? new Dictionary<string, UpstreamConfig>() : Probing(url) },
        [TestProxy.Named(Name, TestCertificates.Alice)]);

    private static Dictionary<string, UpstreamConfig> Probing(params IEnumerable<string> urls) => urls.ToDictionary(static url => url, static _ => new UpstreamConfig { Probe = "/" });

    private static async Task<CertificateRotation> WaitForRotationAsync(TestProxy proxy)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        while (proxy.Rotations.Count == 0)
        {
            await look.WaitForNextTickAsync();
        }

        return proxy.Rotations.Single();
    }

    /// <summary>The system's clock with another date, which a test sets; timers of more than a minute fire when it says so.</summary>
    private sealed class TestClock : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _long = [];
        private long _back;

        internal void Back(TimeSpan by) => Volatile.Write(ref _back, by.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromTicks(Volatile.Read(ref _back));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _long.Add((callback, state));
            return base.CreateTimer(callback, state, dueTime, period);
        }

        internal void Fire() => _long.ForEach(static timer => timer.Callback(timer.State));
    }
}
