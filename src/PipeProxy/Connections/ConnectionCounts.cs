using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Connections;

/// <summary>Client connections of the whole process: how many there are, and how many of each client. Any thread; off the path of requests.</summary>
internal sealed class ConnectionCounts
{
    // So many clients at a time are told that there is no room; beyond, connections are just reset. A flood must not become a second load.
    private const int MaxRefusing = 256;

    private readonly Dictionary<(bool IsV6, ulong Network), int> _byClient = [];
    private int _open;
    private int _refusing;

    /// <summary>Connections admitted now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Takes a place if fewer than <paramref name="limit"/> are taken; <see cref="Leave()"/> gives it back.</summary>
    public bool TryEnter(int limit) => TryTake(ref _open, limit);

    /// <summary>Gives the place of <see cref="TryEnter(int)"/> back.</summary>
    public void Leave() => Interlocked.Decrement(ref _open);

    /// <summary>Takes one of the places for clients that are told no; <see cref="EndRefusal"/> gives it back.</summary>
    public bool TryRefuse() => TryTake(ref _refusing, MaxRefusing);

    /// <summary>Gives the place of <see cref="TryRefuse"/> back.</summary>
    public void EndRefusal() => Interlocked.Decrement(ref _refusing);

    /// <summary>As <see cref="TryEnter(int)"/>, for one client's connections; <see cref="Leave(IPAddress)"/> gives the place back.</summary>
    public bool TryEnter(IPAddress client, int limit)
    {
        var key = KeyOf(client);
        lock (_byClient)
        {
            var count = _byClient.GetValueOrDefault(key);
            if (count >= limit)
            {
                return false;
            }

            _byClient[key] = count + 1;
            return true;
        }
    }

    /// <summary>Gives the place of <see cref="TryEnter(IPAddress, int)"/> back.</summary>
    public void Leave(IPAddress client)
    {
        var key = KeyOf(client);
        lock (_byClient)
        {
            var count = _byClient[key] - 1;
            if (count == 0)
            {
                _byClient.Remove(key);
            }
            else
            {
                _byClient[key] = count;
            }
        }
    }

    /// <summary>Takes one of <paramref name="limit"/> places.</summary>
    public static bool TryTake(ref int taken, int limit)
    {
        if (Interlocked.Increment(ref taken) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref taken);
        return false;
    }

    // One host of IPv6 has a whole /64 to choose addresses from.
    private static (bool IsV6, ulong Network) KeyOf(IPAddress client)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        client.TryWriteBytes(bytes, out _);
        return (client.AddressFamily == AddressFamily.InterNetworkV6, BitConverter.ToUInt64(bytes));
    }
}
