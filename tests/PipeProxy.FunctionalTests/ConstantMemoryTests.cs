using System.Globalization;
using System.Net;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Bodies stream: the process never holds more than a bounded part of one, whatever its size and framing.</summary>
/// <remarks>The same with 5 GiB, through curl: <c>bench/large-bodies.sh</c>.</remarks>
[Collection(MeasuringTests.Name)]
public sealed class ConstantMemoryTests
{
    private const long BodyBytes = 64L << 20;

    // Half of one body: room for compiled code and pools, none for a body that is kept.
    private const long GrowthBytes = BodyBytes / 2;

    [Fact]
    public async Task LargeBodies_PeakMemoryGrowsByLessThanABody()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Peak memory is read from /proc.");
        }

        await using var origin = await NginxOrigin.StartAsync();
        var file = origin.AddFile("large", BodyBytes);
        using var folder = new TemporaryDirectory();
        await using var proxy = await StartProxyAsync(folder, origin);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(await UrlOfAsync(proxy)), DefaultRequestVersion = HttpVersion.Version11 };

        // One of each kind first: what they compile and pool is no part of a body.
        await UploadAsync(client, 1 << 20, chunked: false);
        await UploadAsync(client, 1 << 20, chunked: true);
        await client.GetStringAsync("/", TestContext.Current.CancellationToken);
        var before = proxy.PeakResidentBytes;

        Assert.Equal(BodyBytes, await DownloadAsync(client, file));
        Assert.Equal(BodyBytes, await UploadAsync(client, BodyBytes, chunked: false));
        Assert.Equal(BodyBytes, await UploadAsync(client, BodyBytes, chunked: true));

        var growth = proxy.PeakResidentBytes - before;
        Assert.True(growth < GrowthBytes, $"Peak memory grew by {growth >> 20} MiB over {before >> 20} MiB while bodies of {BodyBytes >> 20} MiB passed.");
    }

    private static async Task<TestProcess> StartProxyAsync(TemporaryDirectory folder, NginxOrigin origin)
    {
        var store = folder.Combine("certificates");
        await using (var create = TestProcess.Start(ProxyBinary.Path, ["mtls-certificate", "create", "--store", store, "--name", "client", "--cert", TestCertificates.Client.CertificatePath, "--key", TestCertificates.Client.KeyPath, "--environment-type", "development"]))
        {
            Assert.Equal(0, await create.WaitForExitAsync());
        }

        return TestProcess.Start(ProxyBinary.Path, ["run", "--listen", "http://127.0.0.1:0", "--forward", origin.Url, "--mtls-certificate", "client", "--store", store, "--trusted-ca", TestCertificates.Root.CertificatePath, "--loops", "1"], folder.Path);
    }

    private static async Task<string> UrlOfAsync(TestProcess proxy)
    {
        const string Ready = "listening on ";
        return (await proxy.WaitForLineAsync(line => line.StartsWith(Ready, StringComparison.Ordinal)))[Ready.Length..];
    }

    private static async Task<long> DownloadAsync(HttpClient client, string file)
    {
        using var answer = await client.GetAsync(file, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[256 * 1024];
        var total = 0L;
        for (int read; (read = await body.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
        {
            total += read;
        }

        return total;
    }

    private static async Task<long> UploadAsync(HttpClient client, long length, bool chunked)
    {
        using var file = new FileStream(Path.GetTempFileName(), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
        file.SetLength(length);
        using var content = new StreamContent(file);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return long.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }
}
