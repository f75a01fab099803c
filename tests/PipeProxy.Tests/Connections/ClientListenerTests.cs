using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Telemetry;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Connections;

public sealed class EpollClientListenerTests() : ClientListenerTests(TransportKind.Epoll);

public sealed class SocketsClientListenerTests() : ClientListenerTests(TransportKind.Sockets);

public abstract class ClientListenerTests(TransportKind transport)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task ConnectionAcceptedWhileTheListenerEnds_IsCut()
    {
        // The clock stands still: no deadline ends a connection that is not cut.
        var time = new FakeTimeProvider();
        await using var loops = new TestLoops(time: time, transport: transport);
        using var metrics = new ProxyMetrics(1, time);
        using var workers = new HandshakeWorkers();
        var services = new ConnectionServices(new NobodyAsks(), ConnectionSettings.Of(new ProxyConfig()), BufferSizes.Default, NullLogger.Instance, metrics, static (_, _) => { });
        var config = new ListenerConfig { Url = "http://127.0.0.1:0" };
        Assert.True(ListenerAddress.TryParse(config.Url, out var address, out _));
        var (listener, _, error) = await ClientListener.OpenAsync(config, address, [loops[0]], services, new TlsAcceptor(workers), ListenerSettings.Of(config, null));
        Assert.Null(error);

        // While its loop is held the system connects the client, and nobody accepts it.
        using var held = new ManualResetEventSlim();
        loops[0].Post(state => held.Wait(Bound), null);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, new Uri(listener!.BoundUrl).Port);
        var ended = listener.DisposeAsync().AsTask();
        held.Set();

        await ended.WaitAsync(Bound);
        Assert.Equal(0, listener.ConnectionCount);
    }

    private sealed class NobodyAsks : IRequestHandler
    {
        public ValueTask HandleAsync(Exchange exchange) => throw new InvalidOperationException("Nobody sent a request.");
    }
}
