using System.Diagnostics;
using System.Security.Authentication;
using PipeProxy.Diagnosis;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Diagnosis;

/// <summary>What has nothing to do with our certificate is not blamed on it, and each step's failure has its own name.</summary>
public sealed class DiagnosisOfBrokenOriginsTests
{
    // An origin that never answers is late by any measure.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private const StepResult Ok = StepResult.Ok;
    private const StepResult Failed = StepResult.Failed;
    private const StepResult Skipped = StepResult.Skipped;

    [Fact]
    public async Task NameWithoutAnAddress_EndsAtDns()
    {
        // RFC 6761 section 6.4: there is no such name, whoever is asked.
        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request("https://origin.invalid", TestCertificates.Client) with { Addresses = null });

        Assert.Contains(report.Cause.Code, new[] { "dns_error", "dns_timeout" });
        Assert.Equal([Failed, Skipped, Skipped, Skipped, Skipped, Skipped], report.Results());
        Assert.Contains("origin.invalid", report.Cause.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClosedPort_EndsAtTcp()
    {
        using var port = new ClosedPort();

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request($"https://localhost:{port.Port}", TestCertificates.Client));

        Assert.Equal(("connection_refused", $"127.0.0.1:{port.Port} refused the connection."), (report.Cause.Code, report.Cause.Sentence));
        Assert.Equal([Ok, Failed, Skipped, Skipped, Skipped, Skipped], report.Results());
        Assert.Null(report.Cause.AlbReason);
    }

    [Fact]
    public async Task OneAddressOfTwo_IsEnoughAndNoted()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls());

        // Nothing listens at the second address of loopback.
        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client).ThatNeverRefuses() with { Addresses = ["127.0.0.2", "127.0.0.1"] });

        Assert.True(report.Cause.Ok, report.Cause.Sentence);
        Assert.Equal(StepResult.Warning, report.Step(DiagnosisStepKind.Tcp).Result);
        Assert.Contains($"127.0.0.2:{origin.Port} refused the connection; 127.0.0.1:{origin.Port} connected", report.Step(DiagnosisStepKind.Tcp).Detail, StringComparison.Ordinal);
        Assert.Contains(report.Notes, static note => note.StartsWith("Not every address takes connections", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PlainHttp_IsRecognized()
    {
        await using var origin = ByteOrigin.Start(static async connection => await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request($"https://localhost:{origin.Port}", TestCertificates.Client));

        Assert.Equal("tls_protocol_error", report.Cause.Code);
        Assert.Contains("answered the TLS handshake with plain HTTP", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal([Ok, Ok, Failed, Skipped, Skipped, Skipped], report.Results());
    }

    [Fact]
    public async Task OriginThatStallsInTheHandshake_EndsThere()
    {
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync());

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request($"https://localhost:{origin.Port}", TestCertificates.Client) with { HandshakeTimeout = Short });

        Assert.Equal("handshake_timeout", report.Cause.Code);
        Assert.Equal([Ok, Ok, Failed, Skipped, Skipped, Skipped], report.Results());
    }

    [Fact]
    public async Task OriginThatNeverAnswers_EndsAtTheFirstRead()
    {
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync(), new ByteOriginTls());

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client).ThatNeverRefuses() with { ResponseTimeout = Short });

        Assert.Equal("http_response_timeout", report.Cause.Code);
        Assert.Equal([Ok, Ok, Ok, Ok, Failed, Skipped], report.Results());
        Assert.Null(report.Cause.AlbReason);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task OriginUnderAnotherRoot_IsShownNoCertificate(SslProtocols protocol)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls { Certificate = TestCertificates.OtherRootServer, Protocols = protocol });

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client));

        Assert.Equal("tls_certificate_error", report.Cause.Code);
        Assert.Contains("no trusted root leads to it", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal([Ok, Ok, Failed, Skipped, Skipped, Skipped], report.Results());
        Assert.False(report.OriginChain!.Trusted);
        Assert.Equal("CN=Unknown Root", report.OriginChain.Certificates[0].Issuer);
        Assert.All(origin.Connections, static connection => Assert.Null(connection.ClientSubject));
    }

    [Fact]
    public async Task VerifyingOriginUnderAnotherRoot_IsJudgedThoughItRefusesFirst()
    {
        // TLS 1.2 refuses a client without a certificate before SslStream comes to judge the server; the chain is read from the wire.
        await using var haproxy = await HaproxyOrigin.StartAsync(new PeerTls { Certificate = TestCertificates.OtherRootServer, Versions = TlsVersions.Tls12 });

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(haproxy.Url, TestCertificates.Client));

        Assert.Equal("tls_certificate_error", report.Cause.Code);
        Assert.Equal(StepResult.Skipped, report.Step(DiagnosisStepKind.TlsWithCertificate).Result);
    }

    [Fact]
    public async Task CertificateForAnotherHost_IsNamed()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls { Certificate = TestCertificates.WrongHostServer });

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client));
        var named = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client).ThatNeverRefuses() with { ServerName = "elsewhere.example" });

        Assert.Equal("tls_certificate_error", report.Cause.Code);
        Assert.Contains("is for elsewhere.example, not for localhost", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.True(named.Cause.Ok, named.Cause.Sentence);
        Assert.Equal("elsewhere.example", named.WithCertificate!.ServerName);
    }

    [Fact]
    public async Task ExpiredOrigin_IsNamed()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls { Certificate = TestCertificates.ExpiredServer });

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client));

        Assert.Equal("tls_certificate_error", report.Cause.Code);
        Assert.Contains("is not valid now", report.Cause.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\nServer: awselb/2.0\r\nContent-Length: 9\r\n\r\nforbidden", "forbidden", "forbidden")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<b>a\r\n5;x=y\r\n</b>b\r\n0\r\n\r\n", "accepted", "a b")]
    [InlineData("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nto the\u0001  end", "accepted", "to the end")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "accepted", null)]
    [InlineData("SSH-2.0-x\r\n\r\n", "http_protocol_error", null)]
    public async Task Answer_IsReadHoweverItIsFramed(string answer, string code, string? excerpt)
    {
        await using var origin = ByteOrigin.Start(
            async connection =>
            {
                if (await connection.TryReadHeadAsync() is not null)
                {
                    await connection.WriteSlowlyAsync(answer);
                }
            },
            new ByteOriginTls());

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client).ThatNeverRefuses());

        Assert.Equal((code, excerpt), (report.Cause.Code, report.Answer?.Excerpt));
    }

    [Fact]
    public async Task EveryWait_HasAnEnd()
    {
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync());
        var started = Stopwatch.GetTimestamp();

        await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request($"https://localhost:{origin.Port}", certificate: null) with { HandshakeTimeout = Short });

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60));
    }
}
