using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Testing;

/// <summary>Port numbers for programs that cannot be told to take any free port and say which.</summary>
/// <remarks>
/// They lie below the range from which the kernel takes ports for outgoing connections and for binds to port 0, so the only
/// rival is another test process; callers start again with another number when the bind fails.
/// </remarks>
public static class FreePorts
{
    private const int First = 15_000;
    private const int Count = 15_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port of 127.0.0.1 that nobody listens on now; no number is given twice in a row within this process.</summary>
    public static int Next()
    {
        for (int attempt = 0; attempt < Count; attempt++)
        {
            int port = First + ((Interlocked.Increment(ref _next) & int.MaxValue) % Count);
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException($"No port between {First} and {First + Count} is free.");
    }
}
