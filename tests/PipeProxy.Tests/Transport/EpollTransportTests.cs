using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>What an edge-triggered loop gets wrong easily: an end that comes with data, and numbers of descriptors that are used again.</summary>
public sealed class EpollTransportTests
{
    [Theory]
    [InlineData(5, 100, false)]
    [InlineData(5, 5, false)]
    [InlineData(5, 100, true)]
    [InlineData(100_000, 4096, false)]
    public async Task DataAndEndInOneEvent_BothAreSeen(int bytes, int bufferBytes, bool reset)
    {
        SkipUnlessSupported();
        await using var loops = new TestLoops(transport: TransportKind.Epoll);
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(1);
        var connected = await loops.RunAsync(async () => await loops[0].ConnectAsync(listening.LocalEndPoint!, TimeSpan.FromSeconds(5)));
        var ours = connected.Connection!;
        using var peer = await listening.AcceptAsync();
        var waiting = loops.RunAsync(async () => await ours.ReadAsync(Memory<byte>.Empty));

        // The loop is held while both arrive, so one event carries them.
        using var arrived = new ManualResetEventSlim();
        loops[0].Post(static state => ((ManualResetEventSlim)state!).Wait(), arrived);
        await peer.SendAsync(new byte[bytes]);
        if (reset)
        {
            peer.LingerState = new LingerOption(true, 0);
            peer.Dispose();
        }
        else
        {
            peer.Shutdown(SocketShutdown.Send);
        }

        arrived.Set();
        Assert.Equal(0, (await waiting).Bytes);
        var (received, end) = await loops.RunAsync(async () =>
        {
            var total = 0;
            var buffer = new byte[bufferBytes];
            while (true)
            {
                var read = await ours.ReadAsync(buffer);
                total += read.Bytes;
                if (!read.IsOk)
                {
                    return (total, read.Status);
                }
            }
        });

        Assert.Equal(bytes, received);
        Assert.Equal(reset ? IoStatus.Reset : IoStatus.End, end);
    }

    [Fact]
    public async Task AMillionEventsWithReusedDescriptors_ReachTheirOwnConnection()
    {
        SkipUnlessSupported();
        await using var loops = new TestLoops(transport: TransportKind.Epoll);
        var churn = await loops.RunAsync(() => Task.FromResult(new Churn((EpollTransport)loops[0].Transport, seed: 20261126)));
        while (churn.Events < 1_000_000)
        {
            await loops.RunAsync(async () =>
            {
                churn.Step();
                for (var i = 0; i < 2000; i++)
                {
                    churn.Step();
                    await new LoopYield(loops[0]);
                }
            });
        }

        await loops.RunAsync(() =>
        {
            churn.End();
            return Task.CompletedTask;
        });
        Assert.Equal("", churn.Mistake);
        Assert.True(churn.Closed > 100_000, $"only {churn.Closed} connections were replaced");
    }

    [Fact]
    public async Task Woken_WhileTheLoopEnds_TouchesNothing()
    {
        SkipUnlessSupported();
        for (var i = 0; i < 50; i++)
        {
            await using var loops = new TestLoops(transport: TransportKind.Epoll);
            var posting = Task.Run(() =>
            {
                for (var n = 0; n < 1000; n++)
                {
                    loops[0].Post(static _ => { }, null);
                    loops[0].Transport.Wake();
                }
            });
            await loops[0].StopAsync();
            await posting;
        }
    }

    private static void SkipUnlessSupported() => Assert.SkipUnless(Libc.IsSupported, "epoll is Linux's");

    /// <summary>64 connections on one loop. Each step makes several of them readable; whoever is told first closes others, whose events are in the same batch, and opens new ones, which get their numbers.</summary>
    private sealed class Churn
    {
        private const int Connections = 64;

        private readonly EpollTransport _transport;
        private readonly Random _random;
        private readonly Pair[] _pairs = new Pair[Connections];
        private ulong _next;

        internal Churn(EpollTransport transport, int seed)
        {
            _transport = transport;
            _random = new Random(seed);
            for (var i = 0; i < Connections; i++)
            {
                Open(i);
            }
        }

        internal long Events { get; private set; }

        internal long Closed { get; private set; }

        internal string Mistake { get; private set; } = "";

        internal void Step()
        {
            foreach (var pair in _pairs)
            {
                pair.Send();
            }
        }

        internal void End()
        {
            foreach (var pair in _pairs)
            {
                pair.Close();
            }
        }

        private void Open(int index) => _pairs[index] = new Pair(this, index, ++_next);

        private void OnReceived(Pair pair, IoResult read, ReadOnlySpan<byte> bytes)
        {
            Events++;
            if (read.Bytes % sizeof(ulong) != 0 || !read.IsOk || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != pair.Id)
            {
                Mistake = $"connection {pair.Id} read {read} of {BinaryPrimitives.ReadUInt64LittleEndian(bytes)}";
            }

            if (_random.Next(4) == 0)
            {
                var victim = _random.Next(Connections);
                _pairs[victim].Close();
                Closed++;
                Open(victim);
            }
        }

        private sealed class Pair
        {
            private readonly byte[] _message = new byte[sizeof(ulong)];
            private readonly byte[] _buffer = new byte[64];
            private readonly EpollSocket _reader;
            private readonly int _writer;
            private bool _closed;

            internal unsafe Pair(Churn churn, int index, ulong id)
            {
                Id = id;
                Index = index;
                BinaryPrimitives.WriteUInt64LittleEndian(_message, id);
                var descriptors = stackalloc int[2];
                Assert.Equal(0, TestLibc.SocketPair(1, Libc.SocketStream | Libc.SocketNonBlocking | Libc.SocketCloseOnExec, 0, descriptors));
                _reader = new EpollSocket(churn._transport, descriptors[0], new UnixDomainSocketEndPoint("/churn"));
                _writer = descriptors[1];
                _ = ReadAsync(churn);
            }

            internal ulong Id { get; }

            internal int Index { get; }

            internal unsafe void Send()
            {
                fixed (byte* start = _message)
                {
                    _ = Libc.Send(_writer, start, (nuint)_message.Length, Libc.NoSignal);
                }
            }

            internal void Close()
            {
                _closed = true;
                _reader.Abort();
                _ = Libc.Close(_writer);
            }

            private async Task ReadAsync(Churn churn)
            {
                while (!_closed)
                {
                    var read = await _reader.ReceiveAsync(_buffer);
                    if (_closed)
                    {
                        return;
                    }

                    churn.OnReceived(this, read, _buffer);
                }
            }
        }
    }
}
