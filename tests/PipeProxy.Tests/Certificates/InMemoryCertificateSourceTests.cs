using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

public sealed class InMemoryCertificateSourceTests
{
    private static ClientCertificate Named(string name) => ClientCertificate.FromPem(name, IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem);

    [Fact]
    public void Changes_AreLoadedAndReported()
    {
        var source = new InMemoryCertificateSource(Named("a"));
        var before = source.Load();
        var calls = 0;
        var subscription = source.OnChange(() => calls++);

        source.Set(Named("b"));
        Assert.True(source.Remove("a"));
        Assert.False(source.Remove("a"));

        Assert.Equal(2, calls);
        Assert.Equal(["b"], source.Load().Certificates.Keys);
        Assert.Equal(["a"], before.Certificates.Keys);

        subscription.Dispose();
        source.Set(Named("c"));
        Assert.Equal(2, calls);
    }

    [Fact]
    public void SubscriberMayLoad_AndSeesTheChange()
    {
        var source = new InMemoryCertificateSource();
        CertificateSet? seen = null;
        using var subscription = source.OnChange(() => seen = source.Load());
        source.Set(Named("a"));
        Assert.Equal(["a"], seen!.Certificates.Keys);
        Assert.Empty(seen.Errors);
    }
}
