using System.Security.Cryptography;
using System.Text;

namespace PipeProxy.Control;

/// <summary>Which host gave a socket its name, and since which start: whoever shares the folder from another host is told apart by it.</summary>
/// <param name="Boot">Of this run of the kernel, which all its containers share, as they do sockets. Eight hex digits.</param>
/// <param name="Machine">Of the machine over all its runs; null when it has no name that is surely its own.</param>
internal sealed record ControlHost(string Boot, string? Machine)
{
    private const int Digits = 8;

    /// <summary>This one.</summary>
    internal static ControlHost This { get; } = Of(TryRead("/proc/sys/kernel/random/boot_id"), TryRead("/etc/machine-id"), Environment.MachineName);

    /// <summary>As it stands in names.</summary>
    internal string Text => Boot + Machine;

    /// <summary>Takes what the system says.</summary>
    /// <param name="bootId">Null elsewhere than on Linux; the host's name has to do there.</param>
    /// <param name="machineId">See machine-id(5); images of containers have none, or an empty one.</param>
    /// <param name="hostName">Added to it: an id that was copied with its machine does not make two one.</param>
    internal static ControlHost Of(string? bootId, string? machineId, string hostName)
        => new(Hash(bootId ?? hostName), bootId is not null && machineId?.Trim() is { Length: 32 } id && id.All(char.IsAsciiHexDigit) ? Hash($"{id} {hostName}") : null);

    /// <summary>Whether the host in a name is this one, in this run or an earlier one: only then is there nobody where a connection is refused.</summary>
    internal bool Owns(string text)
        => text.StartsWith(Boot, StringComparison.Ordinal) || (Machine is { } machine && text.Length == 2 * Digits && text.EndsWith(machine, StringComparison.Ordinal));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Digits / 2));

    private static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or nothing of it is to be seen here.
            return null;
        }
    }
}
