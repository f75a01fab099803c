using System.Net.Sockets;
using System.Security.Authentication;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

/// <summary>What a client sees of a refused certificate: which alert, and when.</summary>
public sealed class LoadBalancerRejectionTests(LoadBalancerFixture fixture) : IClassFixture<LoadBalancerFixture>
{
    public static TheoryData<SslProtocols, string, RejectionReason, int> BadCertificates()
    {
        var data = new TheoryData<SslProtocols, string, RejectionReason, int>();
        foreach (var protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            data.Add(protocol, "unknown-ca", RejectionReason.ClientCertUntrusted, 48);
            data.Add(protocol, "expired", RejectionReason.ClientCertExpired, 45);
            data.Add(protocol, "not-yet-valid", RejectionReason.ClientCertNotYetValid, 42);
            data.Add(protocol, "wrong-eku", RejectionReason.ClientCertPurposeInvalid, 43);
            data.Add(protocol, "deep-chain", RejectionReason.ClientCertMaxChainDepthExceeded, 48);
            data.Add(protocol, "revoked", RejectionReason.ClientCertCrlHit, 44);
            data.Add(protocol, "version-1", RejectionReason.ClientCertTypeUnsupported, 43);
            data.Add(protocol, "huge", RejectionReason.ClientCertMaxSizeExceeded, 42);
            data.Add(protocol, "none", RejectionReason.UnmappedConnectionError, protocol == SslProtocols.Tls12 ? 40 : 116);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task BadCertificate_IsRefusedWithItsAlertWhereTheVersionHasIt(SslProtocols protocol, string kind, RejectionReason reason, int alert)
    {
        var revoked = fixture.Authority.IssueClient("revoked");
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { CrlPem = fixture.Authority.CreateCrl(revoked) });
        var certificate = kind == "revoked" ? revoked : Certificate(kind);

        var refusal = protocol == SslProtocols.Tls12
            ? await RefusedInHandshake(loadBalancer, certificate, protocol)
            : await RefusedOnFirstRead(loadBalancer, certificate, protocol);

        Assert.Equal(alert, TlsClient.AlertOf(refusal));
        var rejection = Assert.Single(loadBalancer.Rejections);
        Assert.Equal(reason, rejection.Reason);
        Assert.Equal(alert, rejection.Alert);
        Assert.Equal(certificate?.Subject, rejection.Subject);
        Assert.Equal(protocol == SslProtocols.Tls12 ? "TLSv1.2" : "TLSv1.3", rejection.TlsProtocol);
        Assert.Equal(0, loadBalancer.HandshakesCompleted);
        Assert.Equal(0, loadBalancer.RequestBytesSeen);
    }

    public static MatrixTheoryData<RejectionReason, SslProtocols> EveryReason { get; } = new(Enum.GetValues<RejectionReason>(), [SslProtocols.Tls12, SslProtocols.Tls13]);

    /// <summary>Also the reasons without a documented rule can be played, and stand in the connection log as AWS spells them.</summary>
    [Theory]
    [MemberData(nameof(EveryReason))]
    public async Task EveryReason_CanBeToldAndIsInTheConnectionLog(RejectionReason reason, SslProtocols protocol)
    {
        var log = Path.GetTempFileName();
        try
        {
            await using var loadBalancer = LoadBalancer.Start(fixture.Options with { FailWith = reason, ConnectionLog = log });

            var refusal = protocol == SslProtocols.Tls12
                ? await RefusedInHandshake(loadBalancer, fixture.Client, protocol)
                : await RefusedOnFirstRead(loadBalancer, fixture.Client, protocol);

            var rejection = Assert.Single(loadBalancer.Rejections);
            Assert.Equal((reason, (int?)rejection.Alert), (rejection.Reason, TlsClient.AlertOf(refusal)));
            using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            Assert.Contains($" \"Failed:{reason}\" TID_", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task LateAlert_LetsTheHandshakeSucceedInBothVersions(SslProtocols protocol)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { RejectStyle = RejectStyle.LateAlert });

        var refusal = await RefusedOnFirstRead(loadBalancer, Certificate("unknown-ca"), protocol);

        Assert.Equal(48, TlsClient.AlertOf(refusal));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task AlertNumber_CanBeChosen(SslProtocols protocol)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { RejectStyle = RejectStyle.LateAlert, Alert = 49 });

        var refusal = await RefusedOnFirstRead(loadBalancer, Certificate("unknown-ca"), protocol);

        Assert.Equal(49, TlsClient.AlertOf(refusal));
    }

    [Fact]
    public async Task Eof_EndsATls12HandshakeWithoutAnAlert()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { RejectStyle = RejectStyle.Eof });

        var refusal = await RefusedInHandshake(loadBalancer, Certificate("unknown-ca"), SslProtocols.Tls12);

        Assert.Null(TlsClient.AlertOf(refusal));
        Assert.IsNotType<SocketException>(refusal.GetBaseException());
    }

    [Fact]
    public async Task Eof_EndsATls13ConnectionAfterTheHandshakeWithoutAnAlert()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { RejectStyle = RejectStyle.Eof });
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, Certificate("unknown-ca"), SslProtocols.Tls13);

        Assert.Equal(0, await client.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Reset_IsAConnectionReset(SslProtocols protocol)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { RejectStyle = RejectStyle.Reset });

        var refusal = protocol == SslProtocols.Tls12
            ? await RefusedInHandshake(loadBalancer, Certificate("unknown-ca"), protocol)
            : await RefusedOnFirstRead(loadBalancer, Certificate("unknown-ca"), protocol);

        var cause = Assert.IsType<SocketException>(refusal.GetBaseException());
        Assert.Equal(SocketError.ConnectionReset, cause.SocketErrorCode);
    }

    [Fact]
    public async Task AlertBehindAnUpload_IsStillReceived()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, Certificate("unknown-ca"), SslProtocols.Tls13);
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65536\r\n\r\n" + new string('x', 65536));

        var refusal = await Assert.ThrowsAnyAsync<IOException>(() => client.ReadAsync(new byte[1]));

        Assert.Equal(48, TlsClient.AlertOf(refusal));
        Assert.Equal(0, loadBalancer.RequestBytesSeen);
    }

    [Fact]
    public async Task TrustStoreWithoutTheRoot_TrustsNobody()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { TrustStorePem = fixture.Authority.CertificatePem });

        var refusal = await RefusedInHandshake(loadBalancer, fixture.Client, SslProtocols.Tls12);

        Assert.Equal(48, TlsClient.AlertOf(refusal));
    }

    [Fact]
    public async Task IntermediateInTheTrustStore_NeedNotBePresented()
    {
        await using var loadBalancer = LoadBalancer.Start(
            fixture.Options with { TrustStorePem = fixture.Authority.Root.CertificatePem + fixture.Authority.CertificatePem });
        var direct = Authority.CreateRoot("Tools root").IssueClient("other root of the same name");

        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);
        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(48, TlsClient.AlertOf(await RefusedInHandshake(loadBalancer, direct, SslProtocols.Tls12)));
    }

    private async Task<Exception> RefusedInHandshake(LoadBalancer loadBalancer, IssuedCertificate? certificate, SslProtocols protocol) =>
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, certificate, protocol);
        });

    private async Task<Exception> RefusedOnFirstRead(LoadBalancer loadBalancer, IssuedCertificate? certificate, SslProtocols protocol)
    {
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, certificate, protocol);
        Assert.Equal(protocol, client.Protocol);
        return await Assert.ThrowsAnyAsync<IOException>(() => client.ReadAsync(new byte[1]));
    }

    private IssuedCertificate? Certificate(string kind) => kind switch
    {
        "unknown-ca" => Authority.CreateRoot("Unknown root").IssueClient("unknown"),
        "expired" => fixture.Authority.Issue(LeafOptions.Expired("expired")),
        "not-yet-valid" => fixture.Authority.Issue(LeafOptions.NotYetValid("early")),
        "wrong-eku" => fixture.Authority.Issue(LeafOptions.WrongPurpose("wrong")),
        "deep-chain" => fixture.Authority.CreateIntermediates(4).IssueClient("deep"),
        "version-1" => fixture.Authority.Issue(LeafOptions.Client("old") with { Version1 = true }),
        "huge" => fixture.Authority.Issue(LeafOptions.Client("huge") with { DnsNames = [.. Enumerable.Range(0, 1500).Select(static i => $"a-name-that-is-one-of-very-many-{i:0000}.example")] }),
        _ => null,
    };
}
