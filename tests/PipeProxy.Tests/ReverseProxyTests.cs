using System.Net;
using System.Net.Sockets;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.Tests;

public sealed class ReverseProxyTests
{
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
}
