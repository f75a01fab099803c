using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>Loops for a test, stopped at its end; an exception that left a callback fails the test then.</summary>
internal sealed class TestLoops : IAsyncDisposable
{
    private readonly List<Exception> _unhandled = [];
    private readonly List<SocketListener> _listeners = [];
    private readonly EventLoop[] _loops;

    internal TestLoops(int count = 1, TimeProvider? time = null, TransportOptions? sizes = null, TransportKind transport = TransportKind.Default)
    {
        _loops = new EventLoop[count];
        for (var i = 0; i < count; i++)
        {
            _loops[i] = new EventLoop(i, new EventLoopOptions
            {
                Time = time ?? TimeProvider.System,
                Transport = transport,
                Sizes = sizes ?? TransportOptions.Default,
                OnUnhandledException = Report,
            });
            _loops[i].Start();
        }
    }

    internal EventLoop this[int index] => _loops[index];

    internal List<Exception> Unhandled => _unhandled;

    /// <summary>Runs on the loop and gives what came of it, with a bound on the wait. The caller goes on elsewhere: a test that continues on the loop would keep it from running.</summary>
    internal static async Task<T> RunAsync<T>(EventLoop loop, Func<Task<T>> body)
    {
        async Task<T> Inside()
        {
            await loop.Enter();
            return await body();
        }

        try
        {
            return await Inside().WaitAsync(TimeSpan.FromSeconds(20));
        }
        finally
        {
            await Task.Yield();
        }
    }

    internal Task<T> RunAsync<T>(Func<Task<T>> body) => RunAsync(_loops[0], body);

    internal Task RunAsync(Func<Task> body) => RunAsync(_loops[0], async () =>
    {
        await body();
        return 0;
    });

    /// <summary>Waits until the loop has looked at its deadlines under a clock that the test has moved, by a tick or more, and gives what is to be seen then: what the look began has begun, and nothing has come over a socket since.</summary>
    internal static Task<T> LookAsync<T>(EventLoop loop, Func<T> seen) => RunAsync(loop, async () =>
    {
        // A round ends with reading the clock and begins with the look at deadlines: the round after this one is the first that surely looks under the clock as it stands now.
        await NextRoundAsync(loop);
        return seen();
    });

    /// <summary>On the loop: until its next round, so that what this one was to do at its end is done.</summary>
    internal static async Task NextRoundAsync(EventLoop loop)
    {
        var round = loop.Round;
        while (loop.Round == round)
        {
            await new LoopYield(loop);
        }
    }

    /// <summary>Listens on loopback.</summary>
    internal async Task<SocketListener> ListenAsync(Action<SocketConnection> accepted, int firstLoop = 0)
    {
        var result = await SocketListener.StartAsync(_loops[firstLoop..], new IPEndPoint(IPAddress.Loopback, 0), accepted);
        Assert.Equal(ListenStatus.Ok, result.Status);
        _listeners.Add(result.Listener!);
        return result.Listener!;
    }

    /// <summary>Two ends of one TCP connection: ours on the first loop, the peer on the last.</summary>
    internal async Task<(SocketConnection Ours, SocketConnection Peer)> PairAsync()
    {
        var accepted = new TaskCompletionSource<SocketConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = await ListenAsync(accepted.SetResult, _loops.Length - 1);
        var connected = await RunAsync(async () => await _loops[0].ConnectAsync(listener.LocalEndPoint, TimeSpan.FromSeconds(5)));
        Assert.Equal(IoStatus.Ok, connected.Status);
        return (connected.Connection!, await accepted.Task.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.StopAsync();
        }

        foreach (var loop in _loops)
        {
            await loop.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }

        Assert.Empty(_unhandled);
    }

    private void Report(Exception e)
    {
        lock (_unhandled)
        {
            _unhandled.Add(e);
        }
    }
}
