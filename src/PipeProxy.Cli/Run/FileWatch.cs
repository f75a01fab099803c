namespace PipeProxy.Cli.Run;

/// <summary>Calls back when one of a set of files was changed, replaced or removed; a burst of changes is one call.</summary>
/// <remarks>Folders are watched, not files: an editor's rename and a mounted secret's symlink swap replace the file itself.</remarks>
internal sealed class FileWatch : IDisposable
{
    // Editors write in several steps; a reload in the middle would only refuse what is half written.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly Timer _timer;
    private volatile bool _lost;

    /// <summary>Starts watching.</summary>
    /// <param name="files">Absolute paths; those whose folder does not exist are left out.</param>
    /// <param name="changed">Called on a thread of the pool, never twice at a time; also when events were lost, for nobody knows what they would have told.</param>
    /// <param name="watcherOf">Makes the watcher of a folder; a test's own. Null: the system's.</param>
    public FileWatch(IEnumerable<string> files, Action changed, Func<string, FileSystemWatcher>? watcherOf = null)
    {
        _timer = new Timer(_ => changed());

        // Before the first watcher: it may have something to tell at once.
        Files = files.ToHashSet(StringComparer.Ordinal);
        foreach (var folder in files.Select(Path.GetDirectoryName).OfType<string>().Distinct().Where(Directory.Exists))
        {
            var watcher = watcherOf?.Invoke(folder) ?? new FileSystemWatcher(folder);
            watcher.NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.CreationTime | NotifyFilters.DirectoryName;
            watcher.Changed += OnEvent;
            watcher.Created += OnEvent;
            watcher.Deleted += OnEvent;
            watcher.Renamed += OnEvent;
            watcher.Error += OnLost;
            _watchers.Add(watcher);
            try
            {
                watcher.EnableRaisingEvents = true;
            }
            catch (IOException e)
            {
                // The system has no watches left, say: the files are served all the same.
                Problem = e.Message;
            }
        }
    }

    /// <summary>Why changes may go unseen; null when they will not.</summary>
    public string? Problem { get; }

    /// <summary>Events were lost, and more may be: another watch is to take its place before the files are read again.</summary>
    public bool Lost => _lost;

    /// <summary>The files watched.</summary>
    public IReadOnlySet<string> Files { get; }

    private void OnEvent(object sender, FileSystemEventArgs e)
    {
        // A symlinked folder beside the file (..data of a mounted secret) changes the file without its own event.
        if (Files.Contains(e.FullPath) || e.Name?.StartsWith("..", StringComparison.Ordinal) == true)
        {
            _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    // The system's queue ran over (a burst in the same folder is enough), or the watch ended.
    private void OnLost(object sender, ErrorEventArgs e)
    {
        _lost = true;
        _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var watcher in _watchers)
        {
            watcher.Dispose();
        }

        _timer.Dispose();
    }
}
