namespace PipeProxy.Certificates;

/// <summary>One subscription to changes of files that certificates are read from: the file system's events tell it when to look, and it looks every few seconds anyway.</summary>
/// <remarks>
/// Events are a hint only: they get lost when a queue overflows, on network mounts, behind symbolic links, and when the folder itself is
/// replaced. What counts is whether the source's stamp differs from the last one, so a writer's temporary files do not wake anybody.
/// </remarks>
internal sealed class SourceWatcher : IDisposable
{
    /// <summary>How late a change is seen at most when no event comes.</summary>
    internal static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    // One change is several events (version folder, current, pruning); they are answered by one look.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, FileSystemWatcher?> _events;
    private readonly Func<string> _stampOf;
    private readonly Action _changed;
    private readonly bool _recursive;
    private readonly bool _useEvents;
    private readonly ITimer _poll;
    private readonly ITimer _settle;
    private string _stamp;
    private int _settling;
    private bool _disposed;

    /// <summary>Starts watching.</summary>
    /// <param name="folders">Where events come from; one that does not exist yet is tried again at each look.</param>
    /// <param name="recursive">Whether events in subfolders count.</param>
    /// <param name="stamp">Everything that decides what the source answers, as one comparable text.</param>
    /// <param name="changed">Called when the stamp differs, on any thread, one call at a time.</param>
    /// <param name="time">Clock of the looks.</param>
    /// <param name="known">The stamp of what was read already; null takes the present one. A difference is reported at the first look.</param>
    /// <param name="useEvents">False looks at intervals only.</param>
    public SourceWatcher(IEnumerable<string> folders, bool recursive, Func<string> stamp, Action changed, TimeProvider time, string? known = null, bool useEvents = true)
    {
        _events = folders.Distinct(StringComparer.Ordinal).ToDictionary(static folder => folder, static _ => (FileSystemWatcher?)null, StringComparer.Ordinal);
        _recursive = recursive;
        _stampOf = stamp;
        _changed = changed;
        _useEvents = useEvents;
        _settle = time.CreateTimer(static state => ((SourceWatcher)state!).OnSettled(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _poll = time.CreateTimer(static state => ((SourceWatcher)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            // Statement order is important: a change after the events are on is an event, one before is in the stamp.
            ListenIfPossible();
            _stamp = known ?? stamp();
        }

        // What changed after it was read and before the events were on has no event.
        _poll.Change(known is null ? PollInterval : Settle, PollInterval);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var events in _events.Values)
            {
                events?.Dispose();
            }
        }

        _settle.Dispose();
        _poll.Dispose();
    }

    private void OnEvent()
    {
        // Armed once, not pushed back by each event: a busy folder is still looked at.
        if (Interlocked.Exchange(ref _settling, 1) == 0)
        {
            _settle.Change(Settle, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnSettled()
    {
        Volatile.Write(ref _settling, 0);
        Look();
    }

    private void Look()
    {
        // The gate also keeps two calls of one subscriber apart.
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            ListenIfPossible();
            var stamp = _stampOf();
            if (stamp != _stamp)
            {
                _stamp = stamp;
                _changed();
            }
        }
    }

    private void ListenIfPossible()
    {
        foreach (var folder in _events.Keys.ToList())
        {
            if (!Directory.Exists(folder))
            {
                // Events of a folder that is gone never come; a new one under the same name is watched anew.
                _events[folder]?.Dispose();
                _events[folder] = null;
            }
            else if (_useEvents)
            {
                _events[folder] ??= TryListen(folder);
            }
        }
    }

    private FileSystemWatcher? TryListen(string folder)
    {
        FileSystemWatcher? events = null;
        try
        {
            events = new FileSystemWatcher(folder)
            {
                IncludeSubdirectories = _recursive,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
            };
            events.Created += (_, _) => OnEvent();
            events.Changed += (_, _) => OnEvent();
            events.Renamed += (_, _) => OnEvent();
            events.Deleted += (_, _) => OnEvent();
            events.Error += (sender, _) => OnLost(folder, (FileSystemWatcher)sender);
            events.EnableRaisingEvents = true;
            return events;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No watches left, or the folder went away: the poll stands in and tries again.
            events?.Dispose();
            return null;
        }
    }

    private void OnLost(string folder, FileSystemWatcher events)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_events[folder], events))
            {
                _events[folder] = null;
            }
        }

        events.Dispose();
        OnEvent();
    }
}
