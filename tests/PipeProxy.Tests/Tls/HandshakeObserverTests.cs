using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Testing;
using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

public sealed class HandshakeObserverTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLS 1.2")]
    [InlineData(SslProtocols.Tls13, "TLS 1.3")]
    public async Task RealHandshake_IsReadAlikeInPiecesOfAnySize(SslProtocols protocol, string name)
    {
        await using var origin = ByteOrigin.Start(Serve, new ByteOriginTls { Protocols = protocol });
        var handshake = await RecordedHandshake.WithAsync(origin, protocol);

        foreach (var size in new[] { int.MaxValue, 1, 2, 7, 100 })
        {
            var observer = handshake.Replay(size);

            Assert.True(observer.SawServerHello);
            Assert.Equal((name, "localhost", false, false), (observer.Facts.Protocol, observer.Facts.ServerName, observer.Facts.HelloRetryRequest, observer.Facts.Resumed));
            Assert.StartsWith("TLS_", observer.Facts.Cipher, StringComparison.Ordinal);
            Assert.Contains(observer.Facts.Group, observer.Facts.OfferedGroups);
            Assert.Contains(name, observer.Facts.OfferedVersions);
            Assert.Equal(protocol == SslProtocols.Tls12, observer.AcceptableIssuers is not null);
            Assert.Equal(protocol == SslProtocols.Tls12 ? ["CN=localhost"] : [], observer.OriginCertificates.Select(static der => X509CertificateLoader.LoadCertificate(der).Subject));
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task SecondHandshake_IsSeenToResumeTheFirst(SslProtocols protocol)
    {
        await using var origin = ByteOrigin.Start(Serve, new ByteOriginTls { Protocols = protocol, RequestClientCertificate = false });
        var first = await RecordedHandshake.WithAsync(origin, protocol, resumeAs: $"resumed.{protocol}.example");
        var second = await RecordedHandshake.WithAsync(origin, protocol, resumeAs: $"resumed.{protocol}.example");

        Assert.False(first.Replay().Facts.Resumed);
        Assert.True(second.Replay().Facts.Resumed);
        Assert.Empty(second.Replay().OriginCertificates);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task DamagedBytes_AreSkippedWithoutAnException(SslProtocols protocol)
    {
        await using var origin = ByteOrigin.Start(Serve, new ByteOriginTls { Protocols = protocol });
        var handshake = await RecordedHandshake.WithAsync(origin, protocol);

        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            try
            {
                _ = handshake.Replay(random.Next(1, 2000), bytes => bytes[random.Next(bytes.Length)] ^= (byte)random.Next(256)).Facts;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }
    }

    [Fact]
    public void NoTls_IsNoHandshake()
    {
        var observer = new HandshakeObserver();
        observer.Received("HTTP/1.1 400 Bad Request\r\n\r\n"u8);

        Assert.False(observer.SawServerHello);
        Assert.Null(observer.Facts.Protocol);
    }

    private static async Task Serve(OriginConnection connection)
    {
        if (await connection.TryReadHeadAsync() is not null)
        {
            await connection.WriteAsync(Answer);
        }
    }
}
