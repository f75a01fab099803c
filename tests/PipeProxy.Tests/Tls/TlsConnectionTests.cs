using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Tls;

public sealed class TlsConnectionTests : IDisposable
{
    private static readonly TestAuthority Authority = new();
    private static readonly SslStreamCertificateContext Certificate = Authority.Context(Authority.Issue("origin", TestAuthority.ServerAuth, "origin.test"));

    private readonly HandshakeWorkers _workers = new(2);

    public static TheoryData<SslProtocols, bool, bool> Endings
    {
        get
        {
            var data = new TheoryData<SslProtocols, bool, bool>();
            foreach (var protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
            {
                data.Add(protocol, true, true);
                data.Add(protocol, true, false);
                data.Add(protocol, false, true);
                data.Add(protocol, false, false);
            }

            return data;
        }
    }

    public void Dispose() => _workers.Dispose();

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task End_IsToldFromCut(SslProtocols protocol, bool closeNotify, bool wait)
    {
        await using var loops = new TestLoops();
        var (connection, peer, socket) = await ConnectAsync(loops, protocol);
        using var owned = peer;
        await peer.WriteAsync("last words"u8.ToArray());
        if (closeNotify)
        {
            await peer.ShutdownAsync();
        }

        socket.Shutdown(SocketShutdown.Send);
        var (text, status) = await loops.RunAsync(() => ReadToEndAsync(connection, wait));

        Assert.Equal("last words", text);
        Assert.Equal(closeNotify ? IoStatus.End : IoStatus.TlsTruncated, status);
        Assert.Null(connection.Failure);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task WaitingRead_SeesCloseNotifyAlone(SslProtocols protocol)
    {
        await using var loops = new TestLoops();
        var (connection, peer, _) = await ConnectAsync(loops, protocol);
        using var owned = peer;
        var waiting = loops.RunAsync(async () =>
        {
            await connection.ReadAsync(Memory<byte>.Empty);
            return await connection.ReadAsync(new byte[10]);
        });
        await peer.ShutdownAsync();

        Assert.Equal(IoStatus.End, (await waiting).Status);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task WaitingRead_RecordAsSmallAsAnAlert_LosesNoByte(SslProtocols protocol)
    {
        await using var loops = new TestLoops();
        var (connection, peer, _) = await ConnectAsync(loops, protocol);
        using var owned = peer;
        for (var i = 0; i < 3; i++)
        {
            await peer.WriteAsync("ab"u8.ToArray());
            var text = await loops.RunAsync(async () =>
            {
                Assert.Equal(new IoResult(0, IoStatus.Ok), await connection.ReadAsync(Memory<byte>.Empty));
                Assert.Equal(new IoResult(0, IoStatus.Ok), await connection.ReadAsync(Memory<byte>.Empty));
                return await ReadAsync(connection, 2);
            });
            Assert.Equal("ab", text);
        }
    }

    [Fact]
    public async Task CutInsideRecord_IsTruncated()
    {
        await using var loops = new TestLoops();
        var (connection, peer, socket) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        await socket.SendAsync(new byte[] { 23, 3, 3, 0, 100, 1, 2, 3 });
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(IoStatus.TlsTruncated, (await loops.RunAsync(async () => await connection.ReadAsync(new byte[10]))).Status);
    }

    [Fact]
    public async Task ForgedRecord_IsProtocolFailure()
    {
        await using var loops = new TestLoops();
        var (connection, peer, socket) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        await socket.SendAsync(new byte[] { 23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 });

        Assert.Equal(IoStatus.TlsProtocol, (await loops.RunAsync(async () => await connection.ReadAsync(new byte[10]))).Status);
        Assert.NotNull(connection.Failure);
    }

    [Fact]
    public async Task PeerResets_ReadTellsReset()
    {
        await using var loops = new TestLoops();
        var (connection, peer, socket) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        var waiting = loops.RunAsync(async () =>
        {
            await connection.ReadAsync(Memory<byte>.Empty);
            return await connection.ReadAsync(new byte[10]);
        });
        socket.Close(0);

        Assert.Equal(IoStatus.Reset, (await waiting).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClosedByUs_PendingReadIsAbortedAndPeerSeesWhich(bool abort)
    {
        await using var loops = new TestLoops();
        var (connection, peer, _) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        var pending = loops.RunAsync(async () => await connection.ReadAsync(new byte[10]));
        await loops.RunAsync(() =>
        {
            if (abort)
            {
                connection.Abort();
            }
            else
            {
                connection.Write("bye"u8.ToArray());
                connection.Close();
            }

            return Task.CompletedTask;
        });

        Assert.Equal(IoStatus.Aborted, (await pending).Status);
        if (abort)
        {
            await Assert.ThrowsAsync<IOException>(async () => await peer.ReadExactlyAsync(new byte[10]));
        }
        else
        {
            var buffer = new byte[10];
            Assert.Equal(3, await peer.ReadAsync(buffer));
            Assert.Equal(0, await peer.ReadAsync(buffer));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClosedWhileTheSystemIsFull_PeerGetsAllAndTheGoodbye_UnlessItIsReset(bool abort)
    {
        await using var loops = new TestLoops();
        var (connection, peer, _) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        var written = 0L;
        var pending = loops.RunAsync(async () => await connection.ReadAsync(new byte[10]));
        await loops.RunAsync(async () =>
        {
            while (connection.UnsentBytes < 32 * 1024)
            {
                connection.Write(new byte[16 * 1024]);
                written += 16 * 1024;
                Assert.Equal(IoStatus.Ok, await connection.FlushAsync());
                await TestLoops.NextRoundAsync(loops[0]);
            }

            connection.Close();
            if (abort)
            {
                connection.Abort();
            }
        });

        Assert.Equal(IoStatus.Aborted, (await pending).Status);
        var buffer = new byte[64 * 1024];
        async Task<long> CountAsync()
        {
            var (total, bytes) = (0L, 0);
            while ((bytes = await peer.ReadAsync(buffer)) > 0)
            {
                total += bytes;
            }

            return total;
        }

        if (abort)
        {
            await Assert.ThrowsAsync<IOException>(CountAsync);
        }
        else
        {
            // SslStream tells 0 bytes only for close_notify; a bare end it throws.
            Assert.Equal(written, await CountAsync());
        }

        await Until.HoldsAsync(() => loops[0].Memory.Rented == 0, "all blocks are back");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(16 * 1024)]
    public async Task LargeUpload_ArrivesWhole(int blockBytes)
    {
        await using var loops = new TestLoops(sizes: new TransportOptions { BlockBytes = blockBytes, MaxReceiveBytes = blockBytes });
        var (connection, peer, _) = await ConnectAsync(loops, SslProtocols.Tls13);
        using var owned = peer;
        var sent = new byte[200_000];
        new Random(3).NextBytes(sent);
        var flushing = loops.RunAsync(async () =>
        {
            connection.Write(sent);
            return await connection.FlushAsync();
        });
        var received = new byte[sent.Length];
        await peer.ReadExactlyAsync(received);

        Assert.Equal(sent, received);
        Assert.Equal(IoStatus.Ok, await flushing);
    }

    private static async Task<(string Text, IoStatus Status)> ReadToEndAsync(SecuredStream connection, bool wait)
    {
        var (text, buffer) = ("", new byte[100]);
        while (true)
        {
            var result = wait ? await connection.ReadAsync(Memory<byte>.Empty) : new IoResult(0, IoStatus.Ok);
            result = result.IsOk ? await connection.ReadAsync(buffer) : result;
            if (!result.IsOk)
            {
                return (text, result.Status);
            }

            text += Encoding.ASCII.GetString(buffer, 0, result.Bytes);
        }
    }

    private static async Task<string> ReadAsync(SecuredStream connection, int bytes)
    {
        var (text, buffer) = ("", new byte[100]);
        while (text.Length < bytes)
        {
            var result = await connection.ReadAsync(buffer);
            Assert.True(result.IsOk);
            text += Encoding.ASCII.GetString(buffer, 0, result.Bytes);
        }

        return text;
    }

    private async Task<(SecuredStream Connection, SslStream Peer, Socket PeerSocket)> ConnectAsync(TestLoops loops, SslProtocols protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endPoint = (IPEndPoint)listener.LocalEndpoint;
        var connecting = loops.RunAsync(async () =>
        {
            var connected = await loops[0].ConnectAsync(endPoint, TimeSpan.FromSeconds(5));
            return await new TlsConnector(_workers).ConnectAsync(connected.Connection!, new TlsClientOptions { ServerName = "origin.test", TrustedRoots = Authority.Roots });
        });
        var socket = await listener.AcceptSocketAsync();
        var peer = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await peer.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = Certificate, EnabledSslProtocols = protocol });
        var result = await connecting;
        Assert.Null(result.Failure);
        return (result.Connection!, peer, socket);
    }
}
