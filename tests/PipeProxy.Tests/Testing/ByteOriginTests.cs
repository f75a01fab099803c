using System.Security.Authentication;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class ByteOriginTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task TlsOrigin_SeesTheClientCertificate()
    {
        await using ByteOrigin origin = ByteOrigin.Answering(Answer, new ByteOriginTls());
        using RawClient client = await RawClient.ConnectTlsAsync(origin.Port, TestCertificates.Client);
        Assert.Equal(200, (await client.ExchangeAsync(Get, whole: true)).StatusCode);
        OriginConnection connection = await origin.WaitForConnectionAsync();
        Assert.Equal(("CN=client", "localhost"), (connection.ClientSubject, connection.ServerName));
        Assert.Equal(Get, connection.Received);
    }

    [Fact]
    public async Task Connections_AreNumberedAndRecorded()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            string head = await connection.ReadHeadAsync();
            string body = await connection.ReadExactlyAsync(3);
            string rest = await connection.ReadThroughAsync(".");
            await connection.WriteAsync($"{connection.Number} {head.Length} {body} {rest}");
        });
        for (int i = 0; i < 2; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(origin.Port);
            await client.SendAsync(Get + "abcdef.");
            Assert.Equal($"{i} {Get.Length} abc def.", (await client.ReadToEndAsync()).Text);
            Assert.Equal(i, (await origin.WaitForConnectionAsync()).Number);
        }
    }

    [Fact]
    public async Task FailedScript_IsReportedAtTheEnd()
    {
        ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            throw new InvalidOperationException("wrong script");
        });
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        await client.SendAsync(Get);
        Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
        AggregateException e = await Assert.ThrowsAsync<AggregateException>(async () => await origin.DisposeAsync());
        Assert.Equal("wrong script", Assert.Single(e.InnerExceptions).Message);
    }

    [Fact]
    public async Task ClientThatGoesAway_FailsNothing()
    {
        await using ByteOrigin origin = ByteOrigin.Start(connection => connection.ReadHeadAsync());
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        await client.SendAsync("GET");
        client.Reset();
        await origin.WaitForConnectionAsync();
    }

    [Fact]
    public async Task RefusedOriginCertificate_LeavesNoRequestByte()
    {
        ByteOrigin origin = ByteOrigin.Answering(Answer, new ByteOriginTls { Certificate = TestCertificates.OtherRootServer });
        await Assert.ThrowsAsync<AuthenticationException>(() => RawClient.ConnectTlsAsync(origin.Port, TestCertificates.Client));
        OriginConnection connection = await origin.WaitForConnectionAsync();
        await origin.DisposeAsync();
        await origin.DisposeAsync(); // a second time is nothing
        Assert.Equal("", connection.Received);
    }
}
