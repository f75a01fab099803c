using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Testing;

/// <summary>A port of 127.0.0.1 that refuses every connection for as long as this lives: it is bound, so nobody is given it, and nobody listens.</summary>
/// <remarks>A port that is merely free may be given to somebody else before it is tried.</remarks>
public sealed class ClosedPort : IDisposable
{
    private readonly Socket _holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Takes a port.</summary>
    public ClosedPort()
    {
        _holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)_holder.LocalEndPoint!).Port;
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Gives it back.</summary>
    public void Dispose() => _holder.Dispose();
}
