using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An https listener speaks TLS as curl and OpenSSL expect it: names, versions, sessions, and what a client hears that speaks something else.</summary>
public sealed class HttpsListenerTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    [Theory]
    [InlineData("--tls-max 1.2")]
    [InlineData("--tlsv1.3")]
    public async Task Curl_IsServed(string version)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using var proxy = await StartAsync(origin);

        await using var curl = await TestProcess.RunAsync(Peers.Require("curl"), ["-sS", .. version.Split(' '), "--cacert", TestCertificates.Root.CertificatePath, $"https://localhost:{proxy.Port}/"]);

        Assert.Equal((0, "hello"), (curl.ExitCode, Assert.Single(curl.OutputLines)));
    }

    [Fact]
    public async Task Binary_ServesWithTheFlagsOfTheCommandLineAndRenewsOnItsOwn()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using TemporaryDirectory folder = new();
        var (certificate, key) = (folder.Combine("edge.pem"), folder.Combine("edge-key.pem"));
        await File.WriteAllTextAsync(certificate, TestCertificates.Server.CertificatePem);
        await File.WriteAllTextAsync(key, TestCertificates.Server.KeyPem);
        await using var proxy = await TestProxyProcess.StartAsync(origin.Url, null, "--listen", "https://127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key);
        var port = TestProxy.PortOf((await proxy.Process.WaitForLineAsync("^listening on https://")).TrimEnd('/'));
        using (var client = await RawClient.ConnectTlsAsync(port))
        {
            Assert.Equal(200, (await client.ExchangeAsync(Request)).StatusCode);
        }

        // Between the two writes they do not match: the old pair stays in force, and the log says so.
        var mark = proxy.Process.Mark;
        await File.WriteAllTextAsync(certificate, TestCertificates.OtherRootServer.CertificatePem);
        var refused = await proxy.Process.WaitForLineAsync("does not belong to the certificate", after: mark);
        Assert.DoesNotContain("PRIVATE KEY", refused, StringComparison.Ordinal);
        await proxy.Process.WaitForLineAsync("the one before stays in force", after: mark);
        using (var client = await RawClient.ConnectTlsAsync(port))
        {
            Assert.Equal(200, (await client.ExchangeAsync(Request)).StatusCode);
        }

        mark = proxy.Process.Mark;
        await File.WriteAllTextAsync(key, TestCertificates.OtherRootServer.KeyPem);
        await proxy.Process.WaitForLineAsync("Configuration reloaded", after: mark);
        using var last = await RawClient.ConnectTlsAsync(port, trusted: TestCertificates.OtherRoot);
        Assert.Equal(200, (await last.ExchangeAsync(Request)).StatusCode);
    }

    [Theory]
    [InlineData("localhost", "CN = localhost")]
    [InlineData("elsewhere.example", "CN = elsewhere.example")]
    [InlineData("nobody.example", "CN = localhost")]
    public async Task Certificate_IsChosenBySni(string serverName, string subject)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);

        await using var openssl = await OpensslAsync(proxy, "-servername", serverName);

        Assert.Contains(openssl.OutputLines, line => line == $"subject={subject}");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Session_IsResumed(string version)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);
        using TemporaryDirectory folder = new();
        var session = folder.Combine("session.pem");

        await using var first = await OpensslAsync(proxy, version, "-sess_out", session);
        await using var second = await OpensslAsync(proxy, version, "-sess_in", session);
        Assert.Contains(first.OutputLines, static line => line.StartsWith("New, TLSv1.", StringComparison.Ordinal));
        Assert.Contains(second.OutputLines, static line => line.StartsWith("Reused, TLSv1.", StringComparison.Ordinal));

        // A reload that changes no certificate keeps the sessions.
        Assert.True((await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Revision = "2" })).Applied);
        await using var third = await OpensslAsync(proxy, version, "-sess_in", session);
        Assert.Contains(third.OutputLines, static line => line.StartsWith("Reused, TLSv1.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-alpn h2", "SSL alert number 120")]
    [InlineData("-alpn h2,http/1.1", "ALPN protocol: http/1.1")]
    [InlineData("-tls1_1 -cipher ALL:@SECLEVEL=0", "SSL alert number 70")]
    public async Task WhatIsNotSpoken_IsSaid(string offer, string answer)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);

        await using var openssl = await OpensslAsync(proxy, offer.Split(' '));

        Assert.Contains(answer, openssl.Transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789", true)]
    public async Task PlainHttp_IsToldThatThePortSpeaksTls(string request, bool whole)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();

        // Byte by byte, the answer may come while it still sends.
        var response = client.ReadResponseAsync();
        await client.SendAsync(request, whole);

        Assert.Equal((400, "text/plain", "close"), ((await response).StatusCode, (await response)["Content-Type"], (await response)["Connection"]));
        Assert.Contains("This port speaks TLS", (await response).Text, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.Fin, (await client.ReadToEndAsync()).End);
        Assert.Empty(origin.Connections);
    }

    [Fact]
    public async Task Garbage_IsClosed()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();

        await client.SendAsync("\x80\x01\x02\x03\x04\x05\x06\x07\x08", whole: true);

        await client.ReadToEndAsync();
        Assert.Equal(200, await StatusAsync(proxy));
    }

    [Fact]
    public async Task StalledHandshakes_BlockNobody()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, static config => config with { Timeouts = config.Timeouts with { Handshake = TimeSpan.FromMinutes(1) } });
        var stalled = new List<RawClient>();
        for (var i = 0; i < 400; i++)
        {
            // Half of them say nothing, the others begin a ClientHello.
            stalled.Add(await proxy.ConnectAsync());
            await stalled[^1].SendAsync(i % 2 == 0 ? "" : "\x16\x03\x01\x02\x00\x01", whole: true);
        }

        Assert.Equal(200, await StatusAsync(proxy));
        stalled.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task StalledHandshake_EndsInTime()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, static config => config with { Timeouts = config.Timeouts with { Handshake = TimeSpan.FromMilliseconds(300) } });
        using var silent = await proxy.ConnectAsync();
        using var begun = await proxy.ConnectAsync();
        await begun.SendAsync("\x16\x03\x01\x02\x00\x01", whole: true);

        Assert.Equal(ConnectionEnd.Reset, (await silent.ReadToEndAsync()).End);
        Assert.Equal(ConnectionEnd.Reset, (await begun.ReadToEndAsync()).End);
    }

    [Fact]
    public async Task HandshakeRate_MakesOthersWait()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, static config => config with
        {
            Limits = config.Limits with { HandshakesPerSecond = 2 },
            Timeouts = config.Timeouts with { Handshake = TimeSpan.FromMilliseconds(1400) },
        });

        var clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TryStatusAsync(proxy)));

        // One at once, the next after 0.5 and 1 s; who comes later would wait longer than a handshake may take.
        Assert.InRange(clients.Count(static status => status == 200), 1, 4);
        Assert.Contains(clients, static status => status is null);
    }

    [Fact]
    public async Task ReplacedCertificate_ServesNewHandshakesAndNoRequestFails()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);
        using CancellationTokenSource stop = new();
        var served = 0;
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal(200, await StatusAsync(proxy, trusted: null));
                Interlocked.Increment(ref served);
            }
        })).ToList();
        var config = proxy.Proxy.Config;
        var listener = config.Listeners[0];
        foreach (var certificate in new[] { TestCertificates.OtherRootServer, TestCertificates.Server, TestCertificates.OtherRootServer })
        {
            var before = Volatile.Read(ref served);
            Assert.True((await proxy.Proxy.ApplyAsync(config with { Listeners = [listener with { Certificates = [new(certificate.CertificatePath, certificate.KeyPath)] }] })).Applied);
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
            while (Volatile.Read(ref served) < before + 20 && !load.Exists(static task => task.IsCompleted) && await look.WaitForNextTickAsync())
            {
            }
        }

        Assert.Equal(200, await StatusAsync(proxy, TestCertificates.OtherRoot));

        // A bad file changes nothing and is told.
        var result = await proxy.Proxy.ApplyAsync(config with { Listeners = [listener with { Certificates = [new(TestCertificates.Server.KeyPath, TestCertificates.Server.KeyPath)] }] });
        Assert.False(result.Applied);
        Assert.Equal(200, await StatusAsync(proxy, TestCertificates.OtherRoot));
        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, Func<ProxyConfig, ProxyConfig>? configure = null) => TestProxy.StartAsync(
        origin.Url,
        configure: config => (configure ?? (static same => same))(config with
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Url = "https://127.0.0.1:0",
                    Certificates =
                    [
                        new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath),
                        new(TestCertificates.WrongHostServer.CertificatePath, TestCertificates.WrongHostServer.KeyPath),
                    ],
                },
            ],
        }));

    private static async Task<TestProcess> OpensslAsync(TestProxy proxy, params IReadOnlyList<string> arguments)
    {
        var openssl = TestProcess.Start(Peers.Require("openssl"), ["s_client", "-connect", $"127.0.0.1:{proxy.Port}", "-CAfile", TestCertificates.Root.CertificatePath, "-ign_eof", .. arguments]);
        try
        {
            // The proxy's close ends it; by then TLS 1.3's tickets have come, too.
            await openssl.Input.WriteAsync(Request);
            await openssl.Input.FlushAsync();
        }
        catch (IOException)
        {
            // A handshake that failed has ended it already.
        }

        await openssl.WaitForExitAsync();
        return openssl;
    }

    private static async Task<int> StatusAsync(TestProxy proxy, TestCertificate? trusted)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", proxy.Port);
        await using SslStream tls = new(new NetworkStream(socket), false, trusted is null ? static (_, certificate, _, _) => certificate is not null : null);
        if (trusted is null)
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", AllowTlsResume = false });
            await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Request));
            using StreamReader reader = new(tls);
            return int.Parse((await reader.ReadLineAsync())!.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        }

        using var client = await RawClient.ConnectTlsAsync(proxy.Port, trusted: trusted);
        return (await client.ExchangeAsync(Request, whole: true)).StatusCode;
    }

    private static Task<int> StatusAsync(TestProxy proxy) => StatusAsync(proxy, TestCertificates.Root);

    private static async Task<int?> TryStatusAsync(TestProxy proxy)
    {
        try
        {
            return await StatusAsync(proxy);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException)
        {
            return null;
        }
    }
}
