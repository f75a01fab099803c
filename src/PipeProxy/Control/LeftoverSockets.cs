using System.Net.Sockets;

namespace PipeProxy.Control;

/// <summary>Names in a store's folder whose proxies were killed, or ended with their machine, and could not take them away.</summary>
internal static class LeftoverSockets
{
    /// <summary>Removes those of this host. Never throws: who stays does no harm.</summary>
    internal static void Remove(string folder)
    {
        foreach (var path in Find(folder))
        {
            if (ControlFile.AddressOf(path) is { } address && Refuses(address))
            {
                TryRemove(path);
            }
        }
    }

    /// <summary>Takes a name away where a connection was refused.</summary>
    internal static void TryRemove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to remove; it is found again and does no harm.
        }
    }

    private static IEnumerable<string> Find(string folder)
    {
        try
        {
            return ControlFile.Find(folder).Where(ControlFile.IsOfThisHost);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A proxy that is too busy to accept does not refuse: its queue is full, which is another answer. Nobody is waited for.
    private static bool Refuses(UnixDomainSocketEndPoint address)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            socket.Connect(address);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
