namespace PipeProxy.Cli.Run;

/// <summary>Calls back when one of a set of files was changed, replaced or removed; a burst of changes is one call.</summary>
/// <remarks>
/// Folders are watched, not files: an editor's rename and a mounted secret's symlink swap replace the file itself. The system watches a
/// folder, not its name, and tells nothing of one that was made anew; so their parents are watched for that.
/// </remarks>
internal sealed class FileWatch : IDisposable
{
    // Editors write in several steps; a reload in the middle would only refuse what is half written.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly HashSet<string> _folders;
    private readonly Timer _timer;
    private volatile bool _lost;

    /// <summary>Starts watching.</summary>
    /// <param name="files">Absolute paths; those whose folder does not exist are seen when it is made, where its parent exists.</param>
    /// <param name="changed">Called on a thread of the pool, never twice at a time; also when events were lost, for nobody knows what they would have told.</param>
    /// <param name="watcherOf">Makes the watcher of a folder; a test's own. Null: the system's.</param>
    public FileWatch(IEnumerable<string> files, Action changed, Func<string, FileSystemWatcher>? watcherOf = null)
    {
        _timer = new Timer(_ => changed());

        // Before the first watcher: it may have something to tell at once.
        Files = files.ToHashSet(StringComparer.Ordinal);
        _folders = Files.Select(Path.GetDirectoryName).OfType<string>().ToHashSet(StringComparer.Ordinal);

        // Parents first: a folder that is replaced from here on is an event.
        foreach (var parent in _folders.Select(Path.GetDirectoryName).OfType<string>().Distinct().Except(_folders).Where(Directory.Exists))
        {
            // Who may not read the parent goes without.
            _ = Watch(parent, NotifyFilters.FileName | NotifyFilters.DirectoryName, watcherOf);
        }

        foreach (var folder in _folders.Where(Directory.Exists))
        {
            // The system has no watches left, say: the files are served all the same.
            Problem = Watch(folder, NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.CreationTime | NotifyFilters.DirectoryName, watcherOf) ?? Problem;
        }
    }

    /// <summary>Why changes may go unseen; null when they will not.</summary>
    public string? Problem { get; }

    /// <summary>Events were lost, or a folder was made anew, and more may be lost: another watch is to take its place before the files are read again.</summary>
    public bool Lost => _lost;

    /// <summary>The files watched.</summary>
    public IReadOnlySet<string> Files { get; }

    // Returns why not.
    private string? Watch(string folder, NotifyFilters filter, Func<string, FileSystemWatcher>? watcherOf)
    {
        try
        {
            var watcher = watcherOf?.Invoke(folder) ?? new FileSystemWatcher(folder);
            watcher.NotifyFilter = filter;
            watcher.Changed += OnEvent;
            watcher.Created += OnEvent;
            watcher.Deleted += OnEvent;
            watcher.Renamed += OnRenamed;
            watcher.Error += OnLost;
            _watchers.Add(watcher);
            watcher.EnableRaisingEvents = true;
            return null;
        }

        // The folder may have gone since it was looked for.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return e.Message;
        }
    }

    private void OnEvent(object sender, FileSystemEventArgs e) => OnEntry(e.FullPath, e.Name, e.ChangeType);

    private void OnRenamed(object sender, RenamedEventArgs e)
    {
        OnEntry(e.OldFullPath, e.OldName, e.ChangeType);
        OnEntry(e.FullPath, e.Name, e.ChangeType);
    }

    private void OnEntry(string path, string? name, WatcherChangeTypes change)
    {
        if (change != WatcherChangeTypes.Changed && _folders.Contains(path))
        {
            _lost = true;
            _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        }

        // A symlinked folder beside the file (..data of a mounted secret) changes the file without its own event.
        else if (Files.Contains(path) || name?.StartsWith("..", StringComparison.Ordinal) == true)
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
