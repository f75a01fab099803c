using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Comparison;

/// <summary>Connections that begin a request and never end it: a byte of a field now and then, and a new connection for each that the proxy ends.</summary>
/// <remarks>One thread turns to each of them once a second, so that thousands cost the load generator's core little. The attack is known as Slowloris.</remarks>
internal sealed class SlowClients(IPEndPoint proxy, int count)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private readonly Socket?[] _sockets = new Socket?[count];

    /// <summary>Connections that the proxy ended, each of which was opened again.</summary>
    public int Ended { get; private set; }

    /// <summary>Opens all of them.</summary>
    public void Open()
    {
        for (var i = 0; i < count; i++)
        {
            _sockets[i] = Connect();
        }
    }

    /// <summary>Sends a byte on each in a second, until it is cancelled; then all are reset.</summary>
    public void Run(CancellationToken cancelled)
    {
        var began = Stopwatch.GetTimestamp();
        for (long turned = 0; !cancelled.IsCancellationRequested;)
        {
            for (var due = (long)(Stopwatch.GetElapsedTime(began) / Between * count); turned < due; turned++)
            {
                ref var socket = ref _sockets[turned % count];
                if (socket is null || !TrySend(socket))
                {
                    socket?.Dispose();
                    Ended++;
                    socket = Connect();
                }
            }

            cancelled.WaitHandle.WaitOne(Tick);
        }

        foreach (var socket in _sockets)
        {
            socket?.Dispose();
        }
    }

    // What is readable is the proxy's refusal, or its end.
    private static bool TrySend(Socket socket)
    {
        try
        {
            return !socket.Poll(0, SelectMode.SelectRead) && socket.Send("a"u8) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Socket? Connect()
    {
        // Reset at the end: thousands of connections in TIME_WAIT would take the next run's ports.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        try
        {
            socket.Connect(proxy);
            socket.Send("GET / HTTP/1.1\r\nHost: slow\r\nX-Slow: "u8);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
