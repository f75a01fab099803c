using System.Runtime.InteropServices;

namespace PipeProxy.Tests.Transport;

/// <summary>System calls that only tests need.</summary>
internal static unsafe partial class TestLibc
{
    [LibraryImport("libc", EntryPoint = "socketpair")]
    internal static partial int SocketPair(int family, int type, int protocol, int* descriptors);

    /// <summary>Makes <paramref name="target"/> another number of <paramref name="source"/>; what it was before is closed.</summary>
    [LibraryImport("libc", EntryPoint = "dup2")]
    internal static partial int Replace(int source, int target);
}
