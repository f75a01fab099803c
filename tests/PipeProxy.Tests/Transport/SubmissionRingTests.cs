using System.Buffers.Binary;
using System.Net.Sockets;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>What goes through a ring reaches the connection it was meant for, and a ring that fails is done without. Where the system has no ring, the same goes without one.</summary>
public sealed class SubmissionRingTests
{
    [Fact]
    public async Task ClosedInTheRoundOfItsFlushAndNumberUsedAgain_NothingGoesAstray()
    {
        Assert.SkipUnless(Libc.IsSupported, "epoll is Linux's");
        await using var loops = new TestLoops(transport: TransportKind.Epoll);
        var churn = new SendChurn(loops[0], seed: 20261127);
        await loops.RunAsync(() =>
        {
            churn.Open();
            return Task.CompletedTask;
        });
        while (churn.Received < 200_000)
        {
            await loops.RunAsync(async () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    await churn.StepAsync();
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
        Assert.True(churn.Replaced > 10_000, $"only {churn.Replaced} connections were replaced");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task RingFails_SendsAndEventsGoOnWithoutIt(int connections)
    {
        Assert.SkipUnless(Libc.IsSupported, "epoll is Linux's");
        await using var loops = new TestLoops(2, transport: TransportKind.Epoll);
        var pairs = new List<(SocketConnection Ours, SocketConnection Peer)>();
        for (var i = 0; i < connections; i++)
        {
            pairs.Add(await loops.PairAsync());
        }

        for (var round = 0; round < 3; round++)
        {
            await loops.RunAsync(async () =>
            {
                if (round == 1 && ((EpollTransport)loops[0].Transport).Ring is { } ring)
                {
                    // Something else stands under its number: every call on it fails from here on.
                    using var nothing = File.OpenHandle("/dev/null");
                    Assert.Equal(ring.Descriptor, TestLibc.Replace((int)nothing.DangerousGetHandle(), ring.Descriptor));
                }

                foreach (var (ours, _) in pairs)
                {
                    ours.Write("over the ring"u8.ToArray());
                    Assert.Equal(IoStatus.Ok, await ours.FlushAsync());
                }
            });
            foreach (var (ours, peer) in pairs)
            {
                var there = await TestLoops.RunAsync(loops[1], async () => (await peer.ReadAsync(new byte[100])).Bytes);
                Assert.Equal(13, there);
                var back = loops.RunAsync(async () => await ours.ReadAsync(new byte[100]));
                await TestLoops.RunAsync(loops[1], async () =>
                {
                    peer.Write("and back"u8.ToArray());
                    return await peer.FlushAsync();
                });
                Assert.Equal(new IoResult(8, IoStatus.Ok), await back);
            }
        }

        Assert.Null(((EpollTransport)loops[0].Transport).Ring);
    }

    /// <summary>64 connections on one loop. Each step has all of them flush their own number, and ends some of them in the same round; new ones get their descriptors at once.</summary>
    private sealed class SendChurn(EventLoop loop, int seed)
    {
        private const int Connections = 64;

        private readonly Random _random = new(seed);
        private readonly Pair[] _pairs = new Pair[Connections];
        private ulong _next;

        internal long Received { get; private set; }

        internal long Replaced { get; private set; }

        internal string Mistake { get; private set; } = "";

        internal void Open()
        {
            for (var i = 0; i < Connections; i++)
            {
                _pairs[i] = new Pair(loop, ++_next);
            }
        }

        internal async Task StepAsync()
        {
            foreach (var pair in _pairs)
            {
                // What the step before has sent.
                var (count, mistake) = pair.Receive();
                Received += count;
                Mistake = mistake.Length > 0 ? mistake : Mistake;
                Assert.Equal(IoStatus.Ok, await pair.SendAsync());
            }

            for (var i = 0; i < 4; i++)
            {
                var victim = _random.Next(Connections);
                _pairs[victim].Close(_random.Next(2) == 0);
                _pairs[victim] = new Pair(loop, ++_next);
                Replaced++;
            }
        }

        internal void End()
        {
            foreach (var pair in _pairs)
            {
                pair.Close(abort: false);
            }
        }

        private sealed class Pair
        {
            private readonly ulong _id;
            private readonly byte[] _message = new byte[sizeof(ulong)];
            private readonly SocketConnection _ours;
            private readonly int _peer;

            internal unsafe Pair(EventLoop loop, ulong id)
            {
                _id = id;
                BinaryPrimitives.WriteUInt64LittleEndian(_message, id);
                var descriptors = stackalloc int[2];
                Assert.Equal(0, TestLibc.SocketPair(1, Libc.SocketStream | Libc.SocketNonBlocking | Libc.SocketCloseOnExec, 0, descriptors));
                _ours = new SocketConnection(new EpollSocket((EpollTransport)loop.Transport, descriptors[0], new UnixDomainSocketEndPoint("/churn")));
                _peer = descriptors[1];
            }

            internal ValueTask<IoStatus> SendAsync()
            {
                _ours.Write(_message);
                return _ours.FlushAsync();
            }

            internal unsafe (int Count, string Mistake) Receive()
            {
                var count = 0;
                ulong id;
                while (Libc.Receive(_peer, (byte*)&id, sizeof(ulong), 0) == sizeof(ulong))
                {
                    count++;
                    if (id != _id)
                    {
                        return (count, $"connection {_id} got what {id} had sent");
                    }
                }

                return (count, "");
            }

            internal void Close(bool abort)
            {
                if (abort)
                {
                    _ours.Abort();
                }
                else
                {
                    _ours.Close();
                }

                _ = Libc.Close(_peer);
            }
        }
    }
}
