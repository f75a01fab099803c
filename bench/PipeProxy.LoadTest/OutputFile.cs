using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>A file that a result goes into: tried before the run, so that no run is made for nothing, and written after it.</summary>
internal sealed class OutputFile : IDisposable
{
    /// <summary>The name that stands for it.</summary>
    internal const string StandardOutput = "-";

    private readonly string _option;
    private readonly string _path;
    private readonly FileStream? _held;

    private OutputFile(string option, string path, FileStream? held) => (_option, _path, _held) = (option, path, held);

    /// <summary>Whether the result goes to standard output instead.</summary>
    internal bool IsStandardOutput => _path == StandardOutput;

    /// <summary>Two names of one file have the same.</summary>
    internal static string IdentityOf(string path)
    {
        if (path == StandardOutput)
        {
            return path;
        }

        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none yet, or opening it will say what is wrong.
            return Path.GetFullPath(path);
        }
    }

    /// <summary>Whether it can be written; what is in it stays until there is a result.</summary>
    /// <param name="option">Names it in messages.</param>
    /// <param name="path">Null: there is to be none.</param>
    /// <exception cref="LoadException">It cannot be written.</exception>
    internal static OutputFile? Open(string option, string? path)
    {
        if (path is null)
        {
            return null;
        }

        if (path == StandardOutput)
        {
            return new OutputFile(option, path, held: null);
        }

        try
        {
            // Of a link that leads nowhere yet the file stays behind, empty: deleting would take the link.
            var isNew = !File.Exists(path) && new FileInfo(path).LinkTarget is null;
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            if (!stream.CanSeek)
            {
                // A pipe's reader takes closing for the end.
                return new OutputFile(option, path, stream);
            }

            stream.Dispose();
            if (isNew)
            {
                File.Delete(path);
            }

            return new OutputFile(option, path, held: null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoadException(Wrong(option, path, e));
        }
    }

    /// <returns>Null, or what went wrong.</returns>
    internal async Task<string?> WriteAsync(string text, TextWriter standardOutput)
    {
        try
        {
            if (IsStandardOutput)
            {
                await standardOutput.WriteAsync(text).ConfigureAwait(false);
                return null;
            }

            if (_held is null)
            {
                await File.WriteAllTextAsync(_path, text, CancellationToken.None).ConfigureAwait(false);
                return null;
            }

            var writer = new StreamWriter(_held, leaveOpen: true);
            await using (writer.ConfigureAwait(false))
            {
                await writer.WriteAsync(text).ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Wrong(_option, _path, e);
        }
    }

    public void Dispose() => _held?.Dispose();

    private static string Wrong(string option, string path, Exception e) => $"{option} '{path}' cannot be written: {e.Message}";
}
