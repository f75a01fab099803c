using System.Runtime.InteropServices;

namespace PipeProxy.Tests.Transport;

/// <summary>System calls that only tests need.</summary>
internal static unsafe partial class TestLibc
{
    [LibraryImport("libc", EntryPoint = "socketpair")]
    internal static partial int SocketPair(int family, int type, int protocol, int* descriptors);
}
