namespace PipeProxy.Tests.Cli;

/// <summary>The system's watcher of a folder, which also tells what a test wants it to.</summary>
internal sealed class PlayedWatcher(string folder) : FileSystemWatcher(folder)
{
    public void Change(string file) => OnChanged(new FileSystemEventArgs(WatcherChangeTypes.Changed, Path, file));

    public void Lose() => OnError(new ErrorEventArgs(new InternalBufferOverflowException()));
}
