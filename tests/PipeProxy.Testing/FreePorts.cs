using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Testing;

/// <summary>Port numbers for programs that cannot be told to take any free port and say which.</summary>
/// <remarks>
/// They lie below the range from which the kernel takes ports for outgoing connections and for binds to port 0, so the only
/// rival is another test process. On Linux a number is kept from those, too, until this process ends; elsewhere callers that can
/// start again with another number when the bind fails.
/// </remarks>
public static class FreePorts
{
    private const int First = 15_000;
    private const int Count = 15_000;

    // Names without a file: the kernel forgets them with the process, however it ends.
    private static readonly ConcurrentBag<Socket> Kept = [];

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port of 127.0.0.1 that nobody listens on now; no number is given twice before all have been.</summary>
    public static int Next()
    {
        for (int attempt = 0; attempt < Count; attempt++)
        {
            int port = First + ((Interlocked.Increment(ref _next) & int.MaxValue) % Count);
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                Keep(port);
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException($"No port between {First} and {First + Count} is free.");
    }

    // Throws when another process has the number.
    private static void Keep(int port)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        Socket name = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            name.Bind(new UnixDomainSocketEndPoint($"\0pipeproxy-test-port-{port}"));
            Kept.Add(name);
        }
        catch
        {
            name.Dispose();
            throw;
        }
    }
}
