using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

/// <summary>Which of several versions is presented, and what becomes of one that an origin refused.</summary>
public sealed class CertificateStoreVersionsTests : IDisposable
{
    private static readonly EnvironmentType[] Production = [EnvironmentType.Production];

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(IssuedCertificate.Now);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RefusedVersion_GoesBackToTheOneBeforeAlsoAfterARestart()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two"));

        Assert.True(store.Refuse("a", 2, "https://origin: alert 48"));

        Assert.Equal("CN=one", Presented(store).Leaf.Subject);
        Assert.Equal("CN=one", Presented(Store()).Leaf.Subject);
        var stored = store.Describe("a");
        Assert.Equal((1, 1), (stored.Version, stored.PresentedVersion));
        Assert.Equal([CertificateState.Active, CertificateState.Refused], stored.Versions.Select(static version => version.State));
        Assert.Equal("https://origin: alert 48", stored.Versions[1].Refusal);
    }

    [Fact]
    public void UpdateAfterARefusal_TakesANewNumberAndKeepsTheMark()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two"));
        store.Refuse("a", 2, "no");

        Assert.Equal(3, Update(store, Leaf("CN=three")));

        Assert.Equal("CN=three", Presented(store).Leaf.Subject);
        Assert.Equal([CertificateState.Overlap, CertificateState.Refused, CertificateState.Active], store.Describe("a").Versions.Select(static version => version.State));
    }

    [Fact]
    public void RefusedVersions_AreListedWithoutTheirKeys()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        for (var version = 2; version < 7; version++)
        {
            Update(store, Leaf($"CN={version}"));
            store.Refuse("a", version, "no");
        }

        Assert.Equal([1], Keys());
        Update(store, Leaf("CN=seven"));

        Assert.Equal([1, 7], Keys());
        Assert.Equal([1, 4, 5, 6, 7], store.Describe("a").Versions.Select(static version => version.Number));
        Assert.Equal("CN=seven", Presented(Store()).Leaf.Subject);
    }

    [Fact]
    public void RefusedVersionThatIsTheOnlyOne_KeepsItsKeyUntilAnotherIsCurrent()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        store.Refuse("a", 1, "no");
        Assert.Equal("CN=one", Presented(Store()).Leaf.Subject);

        Update(store, Leaf("CN=two"));

        Assert.Equal([2], Keys());
        Assert.Equal("CN=two", Presented(Store()).Leaf.Subject);
    }

    [Fact]
    public void RefusedVersion_OfADisabledCertificateLeavesItDisabled()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two"));
        store.SetEnabled("a", false);

        store.Refuse("a", 2, "no");

        Assert.Equal(("CN=one", false), (Presented(store).Leaf.Subject, Presented(store).Enabled));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EnvironmentTypes_StayAsTheyWereSetLastWhenTheVersionIsRefused(bool withThePair)
    {
        EnvironmentType[] set = [EnvironmentType.Development, EnvironmentType.Preview];
        var store = Store();
        Create(store, Leaf("CN=one"));
        using (var pair = Leaf("CN=two").ToPair())
        {
            store.Update("a", pair, withThePair ? set : null);
        }

        if (!withThePair)
        {
            store.Update("a", null, set);
        }

        store.Refuse("a", 2, "no");

        var presented = Presented(Store());
        Assert.Equal("CN=one", presented.Leaf.Subject);
        Assert.Equal(set, presented.EnvironmentTypes.Order());
    }

    [Fact]
    public void ForcedVersion_IsNotMarked()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two"), forced: true);

        Assert.False(store.Refuse("a", 2, "no"));

        Assert.Equal("CN=two", Presented(store).Leaf.Subject);
        Assert.True(Presented(store).Forced);
    }

    [Fact]
    public void VersionThatIsNotValidYet_IsStoodInForUntilThen()
    {
        var store = Store();
        var begin = IssuedCertificate.Now.AddDays(3);
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two", begin));

        var set = store.Load();
        Assert.Equal("CN=one", set.Certificates["a"].Leaf.Subject);
        Assert.Equal(begin, set.ChangesAt);
        Assert.Contains("version 1", Assert.Single(set.Errors).ToString(), StringComparison.Ordinal);
        Assert.Same(set.Certificates["a"], Presented(store));
        Assert.Equal((2, 1), (store.Describe("a").Version, store.Describe("a").PresentedVersion));

        _time.SetUtcNow(begin);

        Assert.Equal("CN=two", Presented(store).Leaf.Subject);
        Assert.Empty(store.Load().Errors);
    }

    [Fact]
    public void VersionsThatAreNotValidYet_DoNotPushOutTheOneThatIs()
    {
        var store = Store();
        Create(store, Leaf("CN=valid"));
        for (int i = 0; i < 5; i++)
        {
            Update(store, Leaf($"CN=later-{i}", IssuedCertificate.Now.AddDays(3)));
        }

        Assert.Equal("CN=valid", Presented(store).Leaf.Subject);
    }

    [Fact]
    public void DisabledName_IsDisabledWhicheverVersionStandsIn()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two", IssuedCertificate.Now.AddDays(3)));

        store.SetEnabled("a", false);

        Assert.Equal(("CN=one", false), (Presented(store).Leaf.Subject, Presented(store).Enabled));
    }

    [Fact]
    public void UntriedVersion_HasTheLastThatWasInForceBesideIt()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Assert.Empty(store.Load().StandIns);
        for (var i = 2; i < 8; i++)
        {
            Update(store, Leaf($"CN={i}"));
        }

        Assert.Equal(("CN=7", "CN=one"), (Presented(store).Leaf.Subject, Store().Load().StandIns["a"].Leaf.Subject));

        store.Accept("a", 7);

        Assert.Empty(Store().Load().StandIns);
        Update(store, Leaf("CN=8"));
        Assert.Equal("CN=7", store.Load().StandIns["a"].Leaf.Subject);
        Update(store, Leaf("CN=9"), forced: true);
        Assert.Empty(store.Load().StandIns);
    }

    [Fact]
    public void UntriedVersion_HasNoExpiredOneBesideIt()
    {
        var store = Store();
        Create(store, IssuedCertificate.Leaf(subject: "CN=one", notAfter: IssuedCertificate.Now.AddDays(1)));
        Update(store, Leaf("CN=two"));
        Assert.Single(store.Load().StandIns);

        _time.Advance(TimeSpan.FromDays(2));

        Assert.Empty(store.Load().StandIns);
        Assert.Equal("CN=two", Presented(store).Leaf.Subject);
    }

    [Fact]
    public void VersionThatWasSwitchedOff_StandsBesideNoUntriedOne()
    {
        var store = Store();
        Create(store, Leaf("CN=compromised"));
        store.SetEnabled("a", false);
        Update(store, Leaf("CN=two"));
        store.SetEnabled("a", true);

        Assert.Equal(("CN=two", true), (Presented(store).Leaf.Subject, Presented(store).Untried));
        Assert.Empty(store.Load().StandIns);
    }

    [Fact]
    public void UntriedVersionBesideOneThatCannotBeRead_IsPresentedWithAWarning()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        Update(store, Leaf("CN=two"));
        File.WriteAllText(Directory.EnumerateFiles(Path.Combine(_folder.Path, "a"), "private-key.pem", SearchOption.AllDirectories).Order().First(), "gone");

        var loaded = Store().Load();

        Assert.Equal("CN=two", loaded.Certificates["a"].Leaf.Subject);
        Assert.Empty(loaded.StandIns);
        var warning = Assert.Single(loaded.Errors);
        Assert.Equal(ErrorSeverity.Warning, warning.Severity);
        Assert.Contains("Version 1, which would stand in for version 2", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VersionThatComesIntoForceWithItsRoute_IsNotTriedAtTheNextStart()
    {
        var store = Store();
        Create(store, Leaf("CN=one"));
        var config = new ProxyConfig { EnvironmentType = EnvironmentType.Production, Listeners = [new ListenerConfig { Url = "http://127.0.0.1:0" }] };
        await using var proxy = new ReverseProxyBuilder().UseConfig(config).UseCertificates(store).UseControlSocket(false).UseLoops(1).UseTimeProvider(_time).Build();
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        Update(store, Leaf("CN=two"));
        Assert.True(Presented(Store()).Untried);

        var route = new RouteConfig { Path = "/{*rest}", Handler = new RouteHandlerConfig.UrlForward("https://localhost:1") { MtlsCertificate = "a" } };
        Assert.True((await proxy.ApplyAsync(config with { Routes = [route] })).Applied);

        Assert.False(Presented(Store()).Untried);
        Assert.Empty(Store().Load().StandIns);
    }

    private IEnumerable<int> Keys()
        => Directory.EnumerateFiles(_folder.Path, CertificateFolder.KeyFile, SearchOption.AllDirectories).Select(static file => int.Parse(Path.GetFileName(Path.GetDirectoryName(file)!), CultureInfo.InvariantCulture)).Order();

    private CertificateStore Store() => new(_folder.Path, null, _time);

    private static ClientCertificate Presented(CertificateStore store) => store.Load().Certificates["a"];

    private static IssuedCertificate Leaf(string subject, DateTimeOffset? notBefore = null) => IssuedCertificate.Leaf(subject: subject, notBefore: notBefore);

    private static void Create(CertificateStore store, IssuedCertificate certificate)
    {
        using var pair = certificate.ToPair();
        store.Create("a", pair, Production);
    }

    private static int Update(CertificateStore store, IssuedCertificate certificate, bool forced = false)
    {
        using var pair = certificate.ToPair();
        return store.Update("a", pair, null, forced);
    }
}
