using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Telemetry;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Tls;

public sealed class TlsConnectorTests : IDisposable
{
    private const string Host = "origin.test";

    private static readonly TestAuthority Authority = new();
    private static readonly TestAuthority Stranger = new("Stranger");
    private static readonly string[] Demanding = ["-Verify", "5", "-verify_return_error", "-verify_quiet"];

    private readonly HandshakeWorkers _workers = new(2);

    public static TheoryData<string> Versions => ["-tls1_2", "-tls1_3"];

    public void Dispose() => _workers.Dispose();

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task CertificateAccepted_BytesGoBothWays(string version)
    {
        using var server = await StartAsync(version, Demanding);
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options());

        Assert.Null(result.Failure);
        Assert.Equal(version == "-tls1_2" ? SslProtocols.Tls12 : SslProtocols.Tls13, Assert.IsType<TlsConnection>(result.Connection).Protocol);
        Assert.True(result.Connection.CertificateRequested);
        Assert.Equal("olleh\n", await AskAsync(loops, result.Connection, "hello\n"));
    }

    // An origin that pads its records (nginx: ssl_conf_command RecordPadding) pads the goodbye too, which then looks like data.
    [Fact]
    public async Task GoodbyeIsPaddedLikeData_DataBeforeItIsRead()
    {
        const int Lines = 2, LineBytes = 12_000;
        using var server = await StartAsync("-tls1_3", "-record_padding", "16384", "-num_tickets", "0", "-naccept", "1");
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, server.EndPoint, Options())).Connection!;
        await loops.RunAsync(async () =>
        {
            for (var i = 0; i < Lines; i++)
            {
                connection.Write(Encoding.ASCII.GetBytes(new string('a', LineBytes - 1) + "\n"));
            }

            connection.Write("CLOSE\n"u8.ToArray());
            connection.ShutdownSend();
            await connection.SendAllAsync();
        });
        await server.EndAsync();

        var (total, end) = await loops.RunAsync(async () =>
        {
            var (total, buffer) = (0, new byte[64 * 1024]);
            while (true)
            {
                var read = await connection.ReadAsync(buffer);
                total += read.Bytes;
                if (!read.IsOk)
                {
                    return (total, read.Status);
                }
            }
        });
        Assert.Equal((Lines * LineBytes, IoStatus.End), (total, end));
    }

    // So it pads new keys behind data; what stands before them is not withheld until the next record.
    [Fact]
    public async Task NewKeysArePaddedLikeData_DataBeforeThemIsRead()
    {
        const int Record = 5 + 16384 + 16;
        using var server = await OpensslServer.StartTypedAsync("-tls1_3", Authority, Authority.Issue("origin", TestAuthority.ServerAuth, Host), "-record_padding", "16384", "-num_tickets", "0");
        using var relay = new GatheringRelay(server.EndPoint);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, relay.EndPoint, Options())).Connection!;

        var together = relay.GatherAsync(Record, () => server.TypeAsync("k"), 2 * Record);
        await server.TypeAsync("under old keys");
        await together.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("under old keys\n", await ReadAsync());

        await server.TypeAsync("under new keys");
        Assert.Equal("under new keys\n", await ReadAsync());

        async Task<string> ReadAsync() => await loops.RunAsync(async () =>
        {
            var buffer = new byte[64 * 1024];
            var read = await connection.ReadAsync(buffer);
            return Encoding.ASCII.GetString(buffer, 0, read.Bytes);
        }).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task NoCertificateRequested_IsTold(string version)
    {
        using var server = await StartAsync(version);
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options());

        Assert.False(result.Connection!.CertificateRequested);
        Assert.Equal("olleh\n", await AskAsync(loops, result.Connection, "hello\n"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task NoCertificateRequestedWhereRequired_Fails(string version)
    {
        using var server = await StartAsync(version);
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options() with { RequireCertificateRequest = true });

        Assert.Null(result.Connection);
        Assert.Same(Outcome.CertificateNotRequested, result.Failure!.Outcome);
        Assert.Equal(0, await loops.RunAsync(() => Task.FromResult(loops[0].Transport.SocketCount)));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task CertificateAskedForAndNoneSet_IsSeenAsRequest(string version)
    {
        using var server = await StartAsync(version, "-verify", "5", "-verify_quiet");
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options() with { CertificateContext = null });

        Assert.True(result.Connection!.CertificateRequested);
    }

    // What explains a failure must cost next to nothing while there is none: a hello each way, in TLS 1.2 what the origin says in plain.
    [Theory]
    [InlineData("-tls1_2", 4096)]
    [InlineData("-tls1_3", 1024)]
    public async Task Handshake_KeepsLittleAndTellsWhatItShowed(string version, int most)
    {
        using var server = await StartAsync(version, Demanding);
        await using var loops = new TestLoops();
        var connection = Assert.IsType<TlsConnection>((await ConnectAsync(loops, server.EndPoint, Options())).Connection);
        var seen = connection.DescribeHandshake()!;

        Assert.InRange(connection.KeptBytes, 200, most);
        Assert.Equal((version == "-tls1_2" ? "TLS 1.2" : "TLS 1.3", connection.Cipher.ToString(), false, true, true), (seen.Protocol, seen.Cipher, seen.Resumed, seen.CertificateRequested, seen.OriginTrusted));
        Assert.NotNull(seen.Group);
        Assert.NotEmpty(seen.OriginChain);

        // s_server serves one connection at a time.
        const int Handshakes = 20;
        var options = Options();
        await CloseAsync(loops, connection);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Handshakes; i++)
        {
            await CloseAsync(loops, (await ConnectAsync(loops, server.EndPoint, options)).Connection!);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{version}: {connection.KeptBytes} bytes kept; {(GC.GetTotalAllocatedBytes(precise: true) - before) / Handshakes} bytes allocated per handshake");
    }

    [Fact]
    public async Task UnknownAuthority_Tls12_HandshakeEndsWithAlert48()
    {
        using var server = await StartAsync("-tls1_2", Demanding);
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, OfStranger());

        Assert.Null(result.Connection);
        AssertUnknownAuthority(result.Failure);
    }

    [Fact]
    public async Task UnknownAuthority_Tls13_FirstReadEndsWithAlert48()
    {
        using var server = await StartAsync("-tls1_3", Demanding);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, server.EndPoint, OfStranger())).Connection!;
        var read = await loops.RunAsync(async () =>
        {
            await connection.ReadAsync(Memory<byte>.Empty);
            return await connection.ReadAsync(new byte[10]);
        });

        Assert.Equal(new IoResult(0, IoStatus.TlsAlert), read);
        Assert.Equal((byte)48, connection.Alert);
        AssertUnknownAuthority(connection.Failure);
        Assert.Equal(IoStatus.TlsAlert, (await loops.RunAsync(async () => await connection.ReadAsync(new byte[10]))).Status);
    }

    [Fact]
    public async Task UnknownAuthority_Tls13_AlertIsReadBehindUpload()
    {
        using var server = await StartAsync("-tls1_3", Demanding);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, server.EndPoint, OfStranger())).Connection!;
        var read = await loops.RunAsync(async () =>
        {
            connection.Write(new byte[64 * 1024]);
            await connection.FlushAsync();
            return await connection.ReadAsync(new byte[100]);
        });

        Assert.Equal(IoStatus.TlsAlert, read.Status);
        AssertUnknownAuthority(connection.Failure);
    }

    [Fact]
    public async Task UnknownAuthority_Tls13_AlertIsReadAfterFailedUpload()
    {
        using var server = await StartAsync("-tls1_3", Demanding);
        using var relay = new ResettingRelay(server.EndPoint);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, relay.EndPoint, OfStranger())).Connection!;
        var (flush, read) = await loops.RunAsync(async () =>
        {
            IoStatus flush;
            do
            {
                connection.Write(new byte[64 * 1024]);
                flush = await connection.FlushAsync();
            }
            while (flush == IoStatus.Ok);
            return (flush, await connection.ReadAsync(new byte[100]));
        });

        Assert.Equal(IoStatus.Reset, flush);
        Assert.Equal(IoStatus.TlsAlert, read.Status);
        AssertUnknownAuthority(connection.Failure);
    }

    [Fact]
    public async Task NoCertificate_Tls12_HandshakeEndsWithAlert40()
    {
        using var server = await StartAsync("-tls1_2", Demanding);
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options() with { CertificateContext = null });

        Assert.Equal((byte)40, result.Failure!.Alert);
        Assert.Contains("mtlsCertificate", result.Failure.Next);
    }

    [Fact]
    public async Task NoCertificate_Tls13_FirstReadEndsWithAlert116()
    {
        using var server = await StartAsync("-tls1_3", Demanding);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, server.EndPoint, Options() with { CertificateContext = null })).Connection!;
        var read = await loops.RunAsync(async () => await connection.ReadAsync(new byte[10]));

        Assert.Equal(IoStatus.TlsAlert, read.Status);
        Assert.Equal((byte)116, connection.Alert);
        Assert.Contains("mtlsCertificate", connection.Failure!.Next);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task OriginOfUnknownAuthority_IsRefused(string version)
    {
        using var server = await OpensslServer.StartAsync(version, Stranger, Stranger.Issue("origin", TestAuthority.ServerAuth, Host));
        await AssertRefusedAsync(server, "CN=Stranger Intermediate", "--trusted-ca");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task OriginWithOtherName_IsRefused(string version)
    {
        using var server = await OpensslServer.StartAsync(version, Authority, Authority.Issue("origin", TestAuthority.ServerAuth, "other.test"));
        await AssertRefusedAsync(server, "is for other.test, 127.0.0.1, not for origin.test", "serverName");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task OriginExpired_IsRefused(string version)
    {
        using var server = await OpensslServer.StartAsync(version, Authority, Authority.Issue("origin", TestAuthority.ServerAuth, Host, DateTimeOffset.UtcNow.AddDays(-1)));
        await AssertRefusedAsync(server, "is not valid now: CN=origin is valid from", "Renew");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task OriginWithClientCertificate_IsRefused(string version)
    {
        using var server = await OpensslServer.StartAsync(version, Authority, Authority.Issue("origin", TestAuthority.ClientAuth, Host));
        await AssertRefusedAsync(server, "serverAuth", "serverAuth");
    }

    [Fact]
    public async Task NoCommonVersion_IsAlert70()
    {
        using var server = await StartAsync("-tls1_3");
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options() with { Protocols = SslProtocols.Tls12 });

        Assert.Equal((byte)70, result.Failure!.Alert);
    }

    [Fact]
    public async Task Hello_OffersTls12And13AndNothingOlder()
    {
        var observer = new HandshakeObserver();
        await FailAsync(async peer =>
        {
            var hello = new byte[16384];
            observer.Sent(hello.AsSpan(0, await peer.ReceiveAsync(hello)));
        });

        Assert.Equal(["TLS 1.3", "TLS 1.2"], observer.Facts.OfferedVersions);
    }

    [Fact]
    public async Task OriginOfTls11Alone_IsAlert70()
    {
        using var server = await StartAsync("-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options());

        Assert.Equal((byte)70, result.Failure!.Alert);
    }

    [Fact]
    public async Task PlainHttpOrigin_IsNamed()
    {
        var failure = await FailAsync(async peer =>
        {
            await peer.ReceiveAsync(new byte[4096]);
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });

        Assert.Same(Outcome.TlsProtocolError, failure.Outcome);
        Assert.Contains("plain HTTP", failure.Next);
    }

    [Fact]
    public async Task Garbage_IsProtocolError()
    {
        var failure = await FailAsync(async peer =>
        {
            await peer.ReceiveAsync(new byte[4096]);
            await peer.SendAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray());
        });

        Assert.Same(Outcome.TlsProtocolError, failure.Outcome);
    }

    [Theory]
    [InlineData(false, "closed")]
    [InlineData(true, "reset")]
    public async Task AcceptAndClose_IsTerminated(bool reset, string word)
    {
        var failure = await FailAsync(async peer =>
        {
            await peer.ReceiveAsync(new byte[4096]);
            peer.LingerState = new LingerOption(reset, 0);
        });

        Assert.Same(Outcome.HandshakeTerminated, failure.Outcome);
        Assert.Contains(word, failure.Detail);
    }

    [Fact]
    public async Task Stall_TimesOut()
    {
        var time = new FakeTimeProvider();
        await using var loops = new TestLoops(time: time);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connecting = ConnectAsync(loops, (IPEndPoint)listener.LocalEndpoint, Options() with { HandshakeTimeout = TimeSpan.FromSeconds(5) });
        using var peer = await listener.AcceptSocketAsync();
        await peer.ReceiveAsync(new byte[1]);
        time.Advance(TimeSpan.FromSeconds(4.9));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.3));

        Assert.Same(Outcome.HandshakeTimeout, (await connecting).Failure!.Outcome);
        Assert.Equal(0, _workers.UnderWay);
    }

    private static async Task<OpensslServer> StartAsync(string version, params string[] more)
        => await OpensslServer.StartAsync(version, Authority, Authority.Issue("origin", TestAuthority.ServerAuth, Host), more);

    private static Task<bool> CloseAsync(TestLoops loops, SecuredStream connection) => loops.RunAsync(() =>
    {
        connection.Close();
        return Task.FromResult(true);
    });

    private static TlsClientOptions Options() => new()
    {
        ServerName = Host,
        CertificateName = "client-cert",
        CertificateContext = Authority.Context(Authority.Issue("client", TestAuthority.ClientAuth)),
        TrustedRoots = Authority.Roots,
        HandshakeTimeout = TimeSpan.FromSeconds(30),
    };

    private static TlsClientOptions OfStranger() => Options() with { CertificateContext = Stranger.Context(Stranger.Issue("client", TestAuthority.ClientAuth)) };

    private static void AssertUnknownAuthority(Failure? failure)
    {
        Assert.Same(Outcome.TlsAlertReceived, failure!.Outcome);
        Assert.Equal((byte)48, failure.Alert);
        Assert.Contains("unknown_ca", failure.Detail);
        Assert.Contains("CN=Stranger Root", failure.Next);
        Assert.Contains("'client-cert'", failure.Next);
    }

    private static async Task<string> AskAsync(TestLoops loops, SecuredStream connection, string line)
        => await loops.RunAsync(async () =>
        {
            connection.Write(Encoding.ASCII.GetBytes(line));
            Assert.Equal(IoStatus.Ok, await connection.FlushAsync());
            Assert.Equal(new IoResult(0, IoStatus.Ok), await connection.ReadAsync(Memory<byte>.Empty));
            var buffer = new byte[100];
            var text = "";
            while (text.Length < line.Length)
            {
                var read = await connection.ReadAsync(buffer);
                Assert.True(read.IsOk);
                text += Encoding.ASCII.GetString(buffer, 0, read.Bytes);
            }

            return text;
        });

    private async Task AssertRefusedAsync(OpensslServer server, string detail, string next)
    {
        await using var loops = new TestLoops();
        var result = await ConnectAsync(loops, server.EndPoint, Options());

        Assert.Null(result.Connection);
        Assert.Same(Outcome.TlsCertificateError, result.Failure!.Outcome);
        Assert.Contains(detail, result.Failure.Detail);
        Assert.Contains(next, result.Failure.Next);
    }

    private async Task<Failure> FailAsync(Func<Socket, Task> peer)
    {
        await using var loops = new TestLoops();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connecting = ConnectAsync(loops, (IPEndPoint)listener.LocalEndpoint, Options());
        using (var socket = await listener.AcceptSocketAsync())
        {
            await peer(socket);
        }

        var result = await connecting;
        Assert.Null(result.Connection);
        return result.Failure!;
    }

    private Task<TlsResult> ConnectAsync(TestLoops loops, IPEndPoint endPoint, TlsClientOptions options)
        => loops.RunAsync(async () =>
        {
            var connected = await loops[0].ConnectAsync(endPoint, TimeSpan.FromSeconds(5));
            Assert.Equal(IoStatus.Ok, connected.Status);
            var result = await new TlsConnector(_workers).ConnectAsync(connected.Connection!, options);
            Assert.True(loops[0].IsInside);
            return result;
        });
}
