using System.Net;
using System.Net.Sockets;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Ten thousand clients that keep their connections and say nothing cost little, keep nobody from being served, and leave nothing behind.</summary>
/// <remarks>What each costs beside nginx and HAProxy, plain and over TLS: <c>./run-bench.sh --only idle</c>.</remarks>
[Collection(MeasuringTests.Name)]
public sealed class IdleClientsTests
{
    private const int Clients = 10_000;
    private const int AtOnce = 64;

    // No buffer, no head: the bench measures 2.5 KiB with the runtime's garbage collected, which no one has done here.
    private const long MostBytesPerClient = 16 * 1024;

    [Fact]
    public async Task TenThousandIdleClients_CostLittleAndLeaveNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Memory and descriptors are read from /proc.");
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxyProcess.StartAsync(origin.Url);

        // One crowd before: what it compiles and pools is no client's.
        await using (await Crowd.ConnectAsync(proxy.Port, AtOnce))
        {
        }

        var (descriptors, resident) = (DescriptorsOf(proxy), proxy.Process.ResidentBytes);
        for (var wave = 0; wave < 2; wave++)
        {
            await using var crowd = await Crowd.ConnectAsync(proxy.Port, Clients);
            Assert.True(DescriptorsOf(proxy) >= Clients);
            Assert.Equal(200, await StatusAsync(proxy));

            // The second crowd takes what the first has left.
            var grown = proxy.Process.ResidentBytes - resident;
            Assert.True(grown < Clients * MostBytesPerClient, $"{Clients} idle clients of crowd {wave} took {grown / Clients} bytes each.");
            await crowd.DisposeAsync();
            await DescriptorsFallToAsync(proxy, descriptors + AtOnce);
            Assert.Equal(200, await StatusAsync(proxy));
        }
    }

    private static async Task<int> StatusAsync(TestProxyProcess proxy)
    {
        using var client = await RawClient.ConnectAsync(proxy.Port);
        return (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whole: true)).StatusCode;
    }

    private static int DescriptorsOf(TestProxyProcess proxy) => Directory.GetFileSystemEntries($"/proc/{proxy.Process.Id}/fd").Length;

    // A loop closes a connection a moment after its client has; one that stays is waited for in vain.
    private static async Task DescriptorsFallToAsync(TestProxyProcess proxy, int most)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(20));
        while (DescriptorsOf(proxy) > most)
        {
            await look.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Connections of plain sockets, each after one request.</summary>
    private sealed class Crowd : IAsyncDisposable
    {
        private readonly List<Socket> _sockets = [];

        public static async Task<Crowd> ConnectAsync(int port, int count)
        {
            Crowd crowd = new();
            var left = count;
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
            {
                var buffer = new byte[4096];
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
                    lock (crowd._sockets)
                    {
                        crowd._sockets.Add(socket);
                    }

                    await socket.ConnectAsync(IPAddress.Loopback, port);
                    await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
                    for (var length = 0; buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0;)
                    {
                        var received = await socket.ReceiveAsync(buffer.AsMemory(length));
                        Assert.True(received > 0, "The proxy closed a connection.");
                        length += received;
                    }
                }
            }));
            return crowd;
        }

        public ValueTask DisposeAsync()
        {
            _sockets.ForEach(static socket => socket.Dispose());
            return ValueTask.CompletedTask;
        }
    }
}
