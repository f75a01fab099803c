using PipeProxy.Cli.Run;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Cli;

public sealed class FileWatchTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _folder = new();
    private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ChangedFile_IsReported()
    {
        using var watch = new FileWatch([_folder.Combine("pipeproxy.json")], () => _changed.TrySetResult());

        await File.WriteAllTextAsync(_folder.Combine("pipeproxy.json"), "{}", TestContext.Current.CancellationToken);

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.False(watch.Lost);
    }

    [Fact]
    public async Task LostEvents_AreReportedAsAChange()
    {
        PlayedWatcher? played = null;
        using var watch = new FileWatch([_folder.Combine("pipeproxy.json")], () => _changed.TrySetResult(), folder => played = new PlayedWatcher(folder));

        played!.Lose();

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.True(watch.Lost);
    }

    [Fact]
    public async Task FileChangedWhileTheWatchBegins_IsReported()
    {
        PlayedWatcher? first = null;
        Directory.CreateDirectory(_folder.Combine("routes"));
        using var watch = new FileWatch([_folder.Combine("pipeproxy.json"), _folder.Combine("routes", "all.json")], () => _changed.TrySetResult(), folder =>
        {
            first?.Change("pipeproxy.json");
            var watcher = new PlayedWatcher(folder);
            first ??= watcher;
            return watcher;
        });

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }
}
