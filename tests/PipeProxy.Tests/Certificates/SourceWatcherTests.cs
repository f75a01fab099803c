using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

public sealed class SourceWatcherTests : IDisposable
{
    private static readonly EnvironmentType[] Production = [EnvironmentType.Production];
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly CertificatePair _pair = IssuedCertificate.Good.ToPair();

    public void Dispose()
    {
        _pair.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("update")]
    [InlineData("disable")]
    [InlineData("delete")]
    public async Task EachChange_IsReported(string change)
    {
        var store = new CertificateStore(_folder.File("store"));
        store.Create("a", _pair, Production);
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = store.OnChange(() => reported.TrySetResult());

        switch (change)
        {
            case "create":
                store.Create("b", _pair, Production);
                break;
            case "update":
                store.Update("a", _pair, null);
                break;
            case "disable":
                store.SetEnabled("a", false);
                break;
            default:
                store.Delete("a");
                break;
        }

        await reported.Task.WaitAsync(Bound);
    }

    [Fact]
    public void WithoutEvents_ThePollSeesEveryChangeOnce()
    {
        var time = new FakeTimeProvider(IssuedCertificate.Now);
        var store = new CertificateStore(_folder.File("store"), time: time);
        var calls = 0;
        using var watcher = new SourceWatcher([store.Folder], recursive: true, store.Stamp, () => calls++, time, useEvents: false);

        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(0, calls);

        store.Create("a", _pair, Production);
        Assert.Equal(0, calls);
        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(1, calls);

        store.SetEnabled("a", false);
        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(2, calls);

        store.Update("a", _pair, null);
        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(3, calls);

        time.Advance(SourceWatcher.PollInterval * 3);
        Assert.Equal(3, calls);
    }

    [Fact]
    public void AfterDispose_NothingIsReported()
    {
        var time = new FakeTimeProvider(IssuedCertificate.Now);
        var store = new CertificateStore(_folder.File("store"), time: time);
        var calls = 0;
        var watcher = new SourceWatcher([store.Folder], recursive: true, store.Stamp, () => calls++, time, useEvents: false);
        watcher.Dispose();
        store.Create("a", _pair, Production);
        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(0, calls);
    }

    [Fact]
    public void LeftoversAlone_AreNotReported()
    {
        var time = new FakeTimeProvider(IssuedCertificate.Now);
        var store = new CertificateStore(_folder.File("store"), time: time);
        store.Create("a", _pair, Production);
        var calls = 0;
        using var watcher = new SourceWatcher([store.Folder], recursive: true, store.Stamp, () => calls++, time, useEvents: false);
        Directory.CreateDirectory(Path.Combine(store.Folder, "a", "versions", DurableFolder.TemporaryName()));
        File.WriteAllText(Path.Combine(store.Folder, "a", DurableFolder.TemporaryName()), "2");
        time.Advance(SourceWatcher.PollInterval);
        Assert.Equal(0, calls);
    }
}
