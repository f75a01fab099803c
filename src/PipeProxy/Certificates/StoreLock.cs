using System.Diagnostics;

namespace PipeProxy.Certificates;

/// <summary>Keeps two writers of one store apart, across processes. Readers need none: every change is one rename.</summary>
/// <remarks>An flock on <c>.lock</c>: the kernel frees it when its holder dies, so a dead writer blocks nobody. The file stays.</remarks>
internal sealed class StoreLock : IDisposable
{
    internal const string FileName = ".lock";

    private static readonly ManualResetEventSlim Never = new();
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>Waits up to <paramref name="patience"/> for other writers.</summary>
    /// <exception cref="CertificateException">Another writer holds it longer than that, or the folder may not be written.</exception>
    /// <exception cref="IOException">It cannot be made; on a full disk, say.</exception>
    public static StoreLock Take(string directory, TimeSpan patience)
    {
        var path = Path.Combine(directory, FileName);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                CreateForItsUser(directory, path);
                return new StoreLock(new FileStream(path, options));
            }
            catch (UnauthorizedAccessException e)
            {
                throw new CertificateException($"The certificate store {directory} cannot be written: permission denied.", "Run the command as the user who owns the store.", innerException: e);
            }
            catch (IOException e) when (IsHeld(e) && waited.Elapsed >= patience)
            {
                throw new CertificateException($"The certificate store {directory} is held by another command.", "Wait until it has ended, then try again.", innerException: e);
            }
            catch (IOException e) when (IsHeld(e))
            {
                // A file lock cannot be waited for with a bound, only asked for again.
                Never.Wait(Pause);
            }
        }
    }

    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK on Linux, and on macOS and BSD; ERROR_SHARING_VIOLATION. EEXIST: another root made it just now, and is the one to wait for.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020) or 17;

    // A lock of root's would keep the store's own user out for good.
    private static void CreateForItsUser(string directory, string path)
    {
        using var foreign = File.Exists(path) ? null : ForeignFolder.TryOpen(directory);
        foreign?.CreateFile(FileName).Dispose();
    }
}
