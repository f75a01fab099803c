using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace PipeProxy.Control;

/// <summary>Names of the sockets in a store's folder: one per running proxy, <c>.proxy-PROCESS-HOST-RANDOM.sock</c>.</summary>
/// <remarks>
/// The process alone would not do: several proxies may live in one, and containers that share a folder all call theirs 1. The host tells
/// whether a refused connection means anything: hosts may share a folder, and a socket is reached on its own alone.
/// </remarks>
internal static class ControlFile
{
    private const string Prefix = ".proxy-";
    private const string Suffix = ".sock";

    // sockaddr_un has 108 bytes for the path, its end included.
    private const int MaxPathBytes = 107;

    private static readonly string ThisHost = NameHost();

    /// <summary>A name that nobody has.</summary>
    internal static string NewName() => $"{Prefix}{Environment.ProcessId}-{ThisHost}-{Guid.NewGuid():N}"[..^24] + Suffix;

    /// <summary>Whether the name was given on this host, since it was started: only then is there nobody where a connection is refused.</summary>
    internal static bool IsOfThisHost(string path) => Path.GetFileName(path).Split('-') is [_, _, var host, _] && host == ThisHost;

    /// <summary>Every socket there is, those of dead proxies included.</summary>
    internal static IReadOnlyList<string> Find(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder, $"{Prefix}*{Suffix}").Order(StringComparer.Ordinal)] : [];

    /// <summary>Whether a folder's entry is such a socket.</summary>
    internal static bool IsOne(string path) => Path.GetFileName(path) is { } name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The address of a path; null when it is too long for one, seen from the working directory too.</summary>
    internal static UnixDomainSocketEndPoint? AddressOf(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        var shorter = relative.Length < path.Length ? relative : path;
        return Encoding.UTF8.GetByteCount(shorter) <= MaxPathBytes ? new UnixDomainSocketEndPoint(shorter) : null;
    }

    // Linux names each run of a kernel, which all its containers share, as they do sockets; elsewhere the host's name has to do.
    private static string NameHost()
    {
        var name = Environment.MachineName;
        try
        {
            name = File.ReadAllText("/proc/sys/kernel/random/boot_id");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or nothing of it is to be seen here.
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 4));
    }
}
