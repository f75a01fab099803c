using System.Net.Sockets;
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

    /// <summary>A name that nobody has.</summary>
    internal static string NewName() => $"{Prefix}{Environment.ProcessId}-{ControlHost.This.Text}-{Guid.NewGuid():N}"[..^24] + Suffix;

    /// <summary>Whether the name was given on this host; see <see cref="ControlHost.Owns"/>.</summary>
    internal static bool IsOfThisHost(string path) => Path.GetFileName(path).Split('-') is [_, _, var host, _] && ControlHost.This.Owns(host);

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
}
