using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>The configuration of a running host, and the watch over the files that it names.</summary>
/// <remarks>Files are watched before they are read: what changes too late for the reading is an event. One caller at a time.</remarks>
/// <param name="overrides">The command line.</param>
/// <param name="passphrase">Opens the store's keys.</param>
/// <param name="changed">Called on a thread of the pool when a file was changed since the last reading began.</param>
/// <param name="watcherOf">Makes the watcher of a folder; a test's own. Null: the system's.</param>
internal sealed class WatchedConfiguration(ConfigurationOverrides overrides, StorePassphrase passphrase, Action changed, Func<string, FileSystemWatcher>? watcherOf = null) : IDisposable
{
    private ConfigurationOverrides _overrides = overrides;
    private FileWatch? _watch;

    /// <summary>Why changes may go unseen; null when they will not.</summary>
    public string? Problem => _watch?.Problem;

    /// <summary>Reads everything from the disk.</summary>
    /// <param name="inForce">At a reload; see <see cref="HostConfiguration.Load"/>.</param>
    public HostConfiguration Read(ProxyConfig? inForce = null)
    {
        if (_watch is null or { Lost: true })
        {
            Watch(_watch is { } lost ? lost.Files : HostConfiguration.FilesNamed(_overrides));
        }

        while (true)
        {
            // Also after a refusal: it may be a new file that has to be mended.
            var read = HostConfiguration.Load(_overrides, passphrase, inForce);
            if (_watch!.Files.SetEquals(read.Files))
            {
                return read;
            }

            // It names other files, which nobody watched when they were read.
            Watch(read.Files);
        }
    }

    /// <summary>The default file need not be there, but one that is in force must not give way to the defaults when it is gone.</summary>
    public void Keep(HostConfiguration inForce) => _overrides = _overrides with { ConfigFile = inForce.ConfigFile };

    /// <inheritdoc/>
    public void Dispose() => _watch?.Dispose();

    private void Watch(IEnumerable<string> files)
    {
        var before = _watch;
        _watch = new FileWatch(files, changed, watcherOf);
        before?.Dispose();
    }
}
