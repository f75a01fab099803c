using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Tests.Tls;

/// <summary>Stands before a server and passes on at once what comes from it in several pieces, so that a client has all of it when it reads.</summary>
internal sealed class GatheringRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<Task>? _more;
    private int _first;
    private volatile int _all;

    internal GatheringRelay(IPEndPoint server)
    {
        _listener.Start();
        _ = RunAsync(server);
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Once, while the server is silent: holds its bytes back. When the first of them are there it asks for more, and passes all on together; then the task completes.</summary>
    internal Task GatherAsync(int first, Func<Task> more, int all)
    {
        (_first, _more, _all) = (first, more, all);
        return _passed.Task;
    }

    public void Dispose() => _listener.Dispose();

    private async Task RunAsync(IPEndPoint endPoint)
    {
        using var client = await _listener.AcceptSocketAsync();
        using var server = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(endPoint);
        _ = PassAsync(client, server);
        var (buffer, count) = (new byte[64 * 1024], 0);
        while (await server.ReceiveAsync(buffer.AsMemory(count)) is > 0 and var bytes)
        {
            count += bytes;
            if (_all > 0 && count >= _first && _more is { } more)
            {
                _more = null;
                await more();
            }

            if (count >= _all)
            {
                await client.SendAsync(buffer.AsMemory(0, count));
                if (_all > 0)
                {
                    _all = 0;
                    _passed.TrySetResult();
                }

                count = 0;
            }
        }
    }

    private static async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer) is > 0 and var bytes)
        {
            await to.SendAsync(buffer.AsMemory(0, bytes));
        }
    }
}
