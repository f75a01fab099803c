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
