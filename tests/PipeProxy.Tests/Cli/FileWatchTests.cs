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
            first ??= folder == _folder.Path ? watcher : null;
            return watcher;
        });

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("rename")]
    public async Task FolderThatIsMadeAnew_IsReportedAndLost(string way)
    {
        var file = _folder.Write(Path.Combine("routes", "all.json"), "{}");
        FileWatch? watch = null;
        watch = new FileWatch([file], () => ReportWhenLost(watch));

        // Behind a rename of the folder, its own watcher has nothing to tell.
        if (way == "delete")
        {
            Directory.Delete(_folder.Combine("routes"), recursive: true);
        }
        else
        {
            Directory.Move(_folder.Combine("routes"), _folder.Combine("routes-before"));
        }

        Directory.CreateDirectory(_folder.Combine("routes"));
        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        watch.Dispose();
    }

    [Fact]
    public async Task FolderThatIsThereLater_IsReported()
    {
        using var watch = new FileWatch([_folder.Combine("routes", "all.json")], () => _changed.TrySetResult());

        Directory.CreateDirectory(_folder.Combine("routes"));

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.True(watch.Lost);
    }

    [Fact]
    public async Task FileThatIsRenamedAway_IsReported()
    {
        var file = _folder.Write("pipeproxy.json", "{}");
        using var watch = new FileWatch([file], () => _changed.TrySetResult());

        File.Move(file, _folder.Combine("pipeproxy.json.old"));

        await _changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    // The file's own event may come long before its folder's.
    private void ReportWhenLost(FileWatch? watch)
    {
        if (watch is { Lost: true })
        {
            _changed.TrySetResult();
        }
    }
}
