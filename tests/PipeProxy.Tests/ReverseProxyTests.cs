using System.Net;
using System.Net.Sockets;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Transport;

namespace PipeProxy.Tests;

public sealed class ReverseProxyTests
{
    [Fact]
    public async Task BuiltAndNeverStarted_GivesItsTransportsBack()
    {
        var transports = new List<IdleTransport>();
        var proxy = new ReverseProxyBuilder()
            .UseSimulation(new SimulatedParts
            {
                MakeTransport = () =>
                {
                    transports.Add(new IdleTransport());
                    return transports[^1];
                },
                Handshake = null!,
                Aside = null!,
            })
            .UseLoops(2)
            .Build();

        await proxy.DisposeAsync();

        Assert.Equal([true, true], transports.Select(static transport => transport.IsDisposed));
    }

    [Fact]
    public async Task StartThatFindsItsPortTaken_LeavesNoAccessLogOpen()
    {
        using var folder = new TemporaryDirectory();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var file = folder.Combine("access.log");
        await using var proxy = new ReverseProxyBuilder()
            .UseConfig(new ProxyConfig { AccessLog = new AccessLogConfig(file) })
            .Listen($"http://{other.LocalEndpoint}")
            .UseLoops(1)
            .Build();

        await Assert.ThrowsAsync<ListenFailedException>(() => proxy.StartAsync(TestContext.Current.CancellationToken));

        // Whoever wants it for himself alone gets it only when nobody has it open.
        using var alone = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Nothing cancels getaddrinfo: a stop leaves it behind, at the drain's end or at the second signal.</summary>
    [Theory]
    [InlineData(TransportKind.Epoll, false)]
    [InlineData(TransportKind.Epoll, true)]
    [InlineData(TransportKind.Sockets, false)]
    [InlineData(TransportKind.Sockets, true)]
    public async Task StopWhileAResolverHangs_Ends(TransportKind transport, bool cut)
    {
        Assert.SkipUnless(transport != TransportKind.Epoll || OperatingSystem.IsLinux(), "epoll is Linux's");
        var never = TimeSpan.FromHours(1);
        var bound = TimeSpan.FromSeconds(60);
        TaskCompletionSource<string> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<IPAddress[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = new ReverseProxyBuilder()
            .UseConfig(new ProxyConfig
            {
                Routes = [TestProxy.Route("/{*rest}", "http://hangs.example")],
                Timeouts = new TimeoutConfig { Connect = never, Drain = cut ? never : TimeSpan.FromMilliseconds(1) },
            })
            .Listen("http://127.0.0.1:0")
            .UseLoops(1)
            .UseTransport(transport)
            .UseResolver(name =>
            {
                asked.TrySetResult(name);
                return answer.Task;
            })
            .Build();
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        using var client = await RawClient.ConnectAsync(TestProxy.PortOf(proxy.Urls[0]));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("hangs.example", await asked.Task.WaitAsync(bound, TestContext.Current.CancellationToken));

        using CancellationTokenSource second = new();
        var stopped = proxy.StopAsync(second.Token);
        if (cut)
        {
            await second.CancelAsync();
        }

        try
        {
            await stopped.WaitAsync(bound, TestContext.Current.CancellationToken);
        }
        finally
        {
            answer.SetResult([]);
        }
    }

    private sealed class IdleTransport : LoopTransport
    {
        public bool IsDisposed { get; private set; }

        public override void Dispose() => IsDisposed = true;

        internal override void Poll(int milliseconds) => throw new NotSupportedException();

        internal override void Wake()
        {
        }

        internal override TransportSocket? CreateSocket(AddressFamily family) => throw new NotSupportedException();

        internal override ListenStatus TryListen(IPEndPoint endPoint, int backlog, out TransportListener? listener) => throw new NotSupportedException();
    }
}
