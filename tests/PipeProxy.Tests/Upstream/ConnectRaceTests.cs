using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

public sealed class ConnectRaceTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public void Order_AlternatesFamiliesAndSharesTheLoadWithinEach()
    {
        IPAddress[] addresses = [.. new[] { "fd00::1", "fd00::2", "10.0.0.1", "10.0.0.2", "10.0.0.3" }.Select(IPAddress.Parse)];

        Assert.Equal("fd00::1 10.0.0.1 fd00::2 10.0.0.2 10.0.0.3", Text(0));
        Assert.Equal("fd00::2 10.0.0.2 fd00::1 10.0.0.3 10.0.0.1", Text(1));
        Assert.Equal("fd00::1 10.0.0.3 fd00::2 10.0.0.1 10.0.0.2", Text(2));

        string Text(uint turn) => string.Join(' ', ConnectRace.Order(addresses, turn));
    }

    [Fact]
    public async Task RefusingAddress_IsFollowedAtOnce()
    {
        await using var loops = new TestLoops();
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync());

        // Nobody listens on ::1 and 127.0.0.2 at this port.
        var (socket, address) = await RunAsync(loops[0], origin.Port, "::1", "127.0.0.2", "127.0.0.1");

        Assert.Equal(IPAddress.Loopback, address);
        Assert.NotNull(socket);
        await loops.RunAsync(() => Close(socket));
    }

    [Theory]
    [InlineData(TransportKind.Default)]
    [InlineData(TransportKind.Sockets)]
    public async Task AddressThatDoesNotAnswer_IsJoinedByTheNextAndLoses(TransportKind transport)
    {
        await using var loops = new TestLoops(transport: transport);
        using var silent = new FullBacklog("127.0.0.3");
        await using var origin = ByteOriginAt(silent.Port);

        var (socket, address) = await RunAsync(loops[0], silent.Port, "127.0.0.3", "127.0.0.1");

        Assert.Equal(IPAddress.Loopback, address);
        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 1, "the loser is closed");
        await loops.RunAsync(() => Close(socket!));
    }

    [Fact]
    public async Task SecondAttempt_BeginsAfterItsDelayAndNotBefore()
    {
        FakeTimeProvider time = new();
        await using var loops = new TestLoops(time: time);

        // Neither attempt is answered, so both stay to be counted.
        using var silent = new FullBacklog("127.0.0.4");
        var running = RunAsync(loops[0], silent.Port, "127.0.0.4", "127.0.0.4");

        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 1, "the first");
        time.Advance(ConnectRace.AttemptDelay - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await TestLoops.LookAsync(loops[0], () => loops[0].Transport.SocketCount));

        // Deadlines are kept to a tick.
        time.Advance(TimeSpan.FromMilliseconds(100));
        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 2, "the second");
        time.Advance(Timeout);
        Assert.Null((await running).Socket);
    }

    [Fact]
    public async Task NobodyAnswers_EachHasTheConnectTimeout()
    {
        FakeTimeProvider time = new();
        await using var loops = new TestLoops(time: time);
        using var silent = new FullBacklog("127.0.0.5");
        ConnectRace? race = null;
        var running = TestLoops.RunAsync(loops[0], () =>
        {
            race = new ConnectRace(loops[0], [IPAddress.Parse("127.0.0.5"), IPAddress.Parse("127.0.0.5")], silent.Port, TimeSpan.FromSeconds(5));
            return race.RunAsync();
        });
        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 1, "the first");
        time.Advance(ConnectRace.AttemptDelay);
        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 2, "the second");
        time.Advance(TimeSpan.FromSeconds(4.8));
        await Until.HoldsAsync(() => loops[0].Transport.SocketCount == 1, "the first one's time is over");
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.3));

        Assert.Null((await running).Socket);
        Assert.Equal(IoStatus.TimedOut, race!.LastStatus);
    }

    [Fact]
    public async Task AllRefuse_TheLastOneIsTold()
    {
        await using var loops = new TestLoops();
        using ClosedPort closed = new();
        ConnectRace? race = null;

        var (socket, _) = await TestLoops.RunAsync(loops[0], () =>
        {
            race = new ConnectRace(loops[0], [IPAddress.Parse("127.0.0.2"), IPAddress.Loopback], closed.Port, Timeout);
            return race.RunAsync();
        });

        Assert.Null(socket);
        Assert.Equal((IoStatus.Refused, new IPEndPoint(IPAddress.Loopback, closed.Port)), (race!.LastStatus, race.LastEndPoint));
    }

    private static Task<(SocketConnection? Socket, IPAddress? Address)> RunAsync(EventLoop loop, int port, params string[] addresses)
        => TestLoops.RunAsync(loop, () => new ConnectRace(loop, [.. addresses.Select(IPAddress.Parse)], port, Timeout).RunAsync());

    private static Task Close(SocketConnection socket)
    {
        socket.Close();
        return Task.CompletedTask;
    }

    // Listens at 127.0.0.1 and a port that is taken at another loopback address.
    private static Listening ByteOriginAt(int port) => new(port);

    private sealed class Listening : IAsyncDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        internal Listening(int port)
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            _socket.Listen();
        }

        public ValueTask DisposeAsync()
        {
            _socket.Dispose();
            return default;
        }
    }

    // An address whose backlog is full: the kernel drops further connects without a word.
    private sealed class FullBacklog : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _filling = [];

        internal FullBacklog(string address)
        {
            _listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            _listener.Listen(0);
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _filling.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException)
                {
                    // Under way, which is all that is wanted of it.
                }
            }
        }

        internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            _listener.Dispose();
            _filling.ForEach(static socket => socket.Dispose());
        }
    }
}
