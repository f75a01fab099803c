using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PipeProxy.Control;

/// <summary>Who is at the other end of a Unix socket.</summary>
internal static partial class PeerCredentials
{
    // socket(7): SO_PEERCRED gives struct ucred { pid_t pid; uid_t uid; gid_t gid; }.
    private const int LevelSocket = 1;
    private const int PeerCredential = 17;
    private const int CredentialBytes = 12;

    /// <summary>True when the peer's process runs as the user of this one, or as root. Elsewhere than on Linux the folder's permissions alone decide.</summary>
    internal static bool IsOurs(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        Span<byte> credentials = stackalloc byte[CredentialBytes];
        var user = socket.GetRawSocketOption(LevelSocket, PeerCredential, credentials) == CredentialBytes
            ? MemoryMarshal.Read<uint>(credentials[4..])
            : uint.MaxValue;
        return user == 0 || user == EffectiveUser();
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
