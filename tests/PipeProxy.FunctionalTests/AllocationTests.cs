using System.Net;
using System.Runtime.CompilerServices;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Transport;

namespace PipeProxy.FunctionalTests;

/// <summary>Bytes that the proxy allocates per request once it is warm: counted exactly, on its one event loop.</summary>
/// <remarks>
/// Client and origin live in the same process and allocate as they like: <see cref="GC.GetAllocatedBytesForCurrentThread"/> is read
/// on the loop's own thread before and after a round. The first rounds compile, and fill pools and queues to their lasting size.
/// </remarks>
[Collection(MeasuringTests.Name)]
public sealed class AllocationTests
{
    private const int RequestsPerRound = 4096;
    private const int MaxRounds = 16;

    // More than 100 000, once warm; the runtime and the kernel may make one of these the busiest so far, and pools then grow once more.
    private const int RequestsAtLast = 64 * 1563;
    private const int MaxLastRounds = 3;

    // Each message ends with what its line says, and has it nowhere else.
    private static readonly WireMessage Get = new("GET /items/42?full=true HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n", "\r\n\r\n");
    private static readonly WireMessage GetOfAHop = new("GET /items/42 HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1, 192.0.2.2\r\nX-Forwarded-Proto: https\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.3\r\n\r\n", "\r\n\r\n");
    private static readonly WireMessage Post = new("POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n0123456789012345END\n", "END\n");
    private static readonly WireMessage ChunkedPost = new("POST /items HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "\r\n0\r\n\r\n");
    private static readonly WireMessage Answer = new($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n{new string('x', 1020)}END\n", "END\n");
    private static readonly WireMessage ChunkedAnswer = new($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{new string('x', 1024)}\r\n5\r\nabcde\r\n0\r\n\r\n", "\r\n0\r\n\r\n");
    private static readonly WireMessage LargeAnswer = new($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n{new string('x', 99_996)}END\n", "END\n");

    /// <summary>What is sent how; the second column is the number of clients that send at the same time.</summary>
    public static TheoryData<string, int, bool> Jobs => new(
        from tls in new[] { false, true }
        from job in new[] { "GET", "POST", "chunked", "hop", "large" }
        from clients in new[] { 1, 64 }
        select new TheoryDataRow<string, int, bool>(job, clients, tls));

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task WarmProxy_AllocatesNothingPerRequest(string job, int clients, bool tls)
    {
#if DEBUG
        Assert.Skip("In Debug builds the compiler makes the state machines of async methods classes.");
#endif
        var (request, answer) = job switch
        {
            "GET" => (Get, Answer),
            "hop" => (GetOfAHop, Answer),
            "POST" => (Post, Answer),
            "large" => (Get, LargeAnswer),
            _ => (ChunkedPost, ChunkedAnswer),
        };
        using var origin = FixedOrigin.Start(request, answer);
        await using var proxy = await StartAsync(origin, job == "hop", tls);
        using var load = new ClosedLoop(new Uri(proxy.Urls[0]).Port, request, answer, clients, tls);

        var rounds = new List<long>();
        while (rounds.Count < MaxRounds && (rounds.Count == 0 || rounds[^1] > 0))
        {
            rounds.Add(await AllocatedAsync(RequestsPerRound));
        }

        if (job is not ("large" or "hop") && clients > 1)
        {
            var last = rounds.Count + MaxLastRounds;
            do
            {
                rounds.Add(await AllocatedAsync(RequestsAtLast));
            }
            while (rounds[^1] > 0 && rounds.Count < last);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Bytes allocated in rounds of {RequestsPerRound} requests, then of {RequestsAtLast}: {string.Join(", ", rounds)}");
        Assert.True(rounds[^1] == 0, $"{job}, {clients} clients{(tls ? " over TLS" : "")}: bytes allocated in rounds of {RequestsPerRound} requests, then of {RequestsAtLast}: {string.Join(", ", rounds)}");

        async Task<long> AllocatedAsync(int requests)
        {
            var before = await AllocatedOnLoopAsync(proxy);
            await load.RunAsync(requests / clients);
            return await AllocatedOnLoopAsync(proxy) - before;
        }
    }

    private static async Task<ReverseProxy> StartAsync(FixedOrigin origin, bool trusting, bool tls)
    {
        var certificate = TestCertificates.EcdsaClient;
        var proxy = new ReverseProxyBuilder()
            .UseTestedTransport()
            .UseLoops(1)
            .UseCertificates(new InMemoryCertificateSource(ClientCertificate.FromPem("client", certificate.CertificatePem, certificate.KeyPem)))
            .UseConfig(new ProxyConfig
            {
                Listeners =
                [
                    new ListenerConfig
                    {
                        Url = tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0",
                        Certificates = tls ? [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)] : [],
                    },
                ],
                TrustedCertificates = TestCertificates.Root.CertificatePath,
                Resolve = new Dictionary<string, IReadOnlyList<string>> { ["localhost"] = ["127.0.0.1"] },
                Forwarding = trusting ? new ForwardingConfig { TrustedHops = [IPNetwork.Parse("127.0.0.0/8")], Forwarded = true } : new ForwardingConfig(),
                Upstreams = trusting ? new Dictionary<string, UpstreamConfig> { [origin.Url] = UpstreamConfig.AwsAlb with { Limits = UpstreamConfig.AwsAlb.Limits with { Field = 4096, ForwardedFor = 2 } } } : [],
                Routes = [new RouteConfig { Path = "/{*rest}", Handler = new RouteHandlerConfig.UrlForward(origin.Url) { MtlsCertificate = "client" } }],
            })
            .Build();
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    private static Task<long> AllocatedOnLoopAsync(ReverseProxy proxy)
    {
        var answer = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        LoopsOf(proxy)[0].Post(static state => ((TaskCompletionSource<long>)state!).SetResult(GC.GetAllocatedBytesForCurrentThread()), answer);
        return answer.Task;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_loops")]
    private static extern ref EventLoop[] LoopsOf(ReverseProxy proxy);
}
