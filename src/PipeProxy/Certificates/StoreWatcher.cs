namespace PipeProxy.Certificates;

/// <summary>One subscription to a store's changes: the file system's events tell it when to look, and it looks every few seconds anyway.</summary>
/// <remarks>
/// Events are a hint only: they get lost when a queue overflows, on network mounts, and when the folder itself is replaced. What
/// counts is whether the store's stamp differs from the last one, so a writer's temporary files do not wake anybody.
/// </remarks>
internal sealed class StoreWatcher : IDisposable
{
    /// <summary>How late a change is seen at most when no event comes.</summary>
    internal static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    // One change is several events (version folder, current, pruning); they are answered by one look.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly CertificateStore _store;
    private readonly Action _changed;
    private readonly bool _useEvents;
    private readonly ITimer _poll;
    private readonly ITimer _settle;
    private FileSystemWatcher? _events;
    private string _stamp;
    private int _settling;
    private bool _disposed;

    public StoreWatcher(CertificateStore store, Action changed, TimeProvider time, bool useEvents)
    {
        _store = store;
        _changed = changed;
        _useEvents = useEvents;
        _settle = time.CreateTimer(static state => ((StoreWatcher)state!).OnSettled(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _poll = time.CreateTimer(static state => ((StoreWatcher)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            // Statement order is important: a change after the events are on is an event, one before is in the stamp.
            ListenIfPossible();
            _stamp = store.Stamp();
        }

        _poll.Change(PollInterval, PollInterval);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _events?.Dispose();
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
            var stamp = _store.Stamp();
            if (stamp != _stamp)
            {
                _stamp = stamp;
                _changed();
            }
        }
    }

    private void ListenIfPossible()
    {
        if (!Directory.Exists(_store.Folder))
        {
            // Events of a folder that is gone never come; a new one under the same name is watched anew.
            _events?.Dispose();
            _events = null;
            return;
        }

        if (!_useEvents || _events is not null)
        {
            return;
        }

        FileSystemWatcher? events = null;
        try
        {
            events = new FileSystemWatcher(_store.Folder)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
            };
            events.Created += (_, _) => OnEvent();
            events.Changed += (_, _) => OnEvent();
            events.Renamed += (_, _) => OnEvent();
            events.Deleted += (_, _) => OnEvent();
            events.Error += (sender, _) => OnLost((FileSystemWatcher)sender);
            events.EnableRaisingEvents = true;
            _events = events;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // No watches left, or the folder went away: the poll stands in and tries again.
            events?.Dispose();
        }
    }

    private void OnLost(FileSystemWatcher events)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_events, events))
            {
                _events = null;
            }
        }

        events.Dispose();
        OnEvent();
    }
}
