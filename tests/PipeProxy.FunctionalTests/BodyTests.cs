using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Bodies of any size arrive bit by bit as they were sent, up, down, and both ways at once.</summary>
public sealed class BodyTests
{
    private const int Mebibyte = 1024 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    // Sizes around the tiny buffers (10, 64), around the normal ones (4 and 16 KiB) and around a TLS record.
    private static readonly int[] SmallSizes = [0, 1, 9, 10, 11, 63, 64, 65, 4095, 4096, 4097, 16383, 16384, 16385, 65536, 65537, Mebibyte];

    public static MatrixTheoryData<bool, TestBuffers> FramingsAndBuffers { get; } = new([false, true], Enum.GetValues<TestBuffers>());

    [Theory]
    [MemberData(nameof(FramingsAndBuffers))]
    public async Task Uploads_ArriveWhole(bool chunked, TestBuffers buffers)
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, buffers, TestCertificates.Client);
        using var client = await proxy.ConnectAsync(Long);
        foreach (int size in buffers == TestBuffers.Tiny ? SmallSizes : [.. SmallSizes, 64 * Mebibyte])
        {
            byte[] content = RandomNumberGenerator.GetBytes(size);
            await client.SendAsync(Request("/upload/sha256", content, chunked));

            var response = await client.ReadResponseAsync();

            Assert.Equal((200, $"{size} {Digest(content)}"), (response.StatusCode, response.Text));
        }
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task Downloads_ArriveWhole(TestBuffers buffers)
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, buffers, TestCertificates.Client);
        using var client = await proxy.ConnectAsync(Long);
        foreach (int size in buffers == TestBuffers.Tiny ? SmallSizes : [.. SmallSizes, 64 * Mebibyte])
        {
            byte[] content = RandomNumberGenerator.GetBytes(size);
            string path = nginx.AddFile($"f{size}", content);

            var response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

            Assert.Equal((200, size.ToString(CultureInfo.InvariantCulture), Digest(content)), (response.StatusCode, response["Content-Length"], Digest(response.Body)));
        }
    }

    [Theory]
    [InlineData("/bytes/", TestBuffers.Normal)]
    [InlineData("/bytes/", TestBuffers.Tiny)]
    [InlineData("/chunked/", TestBuffers.Normal)]
    [InlineData("/chunked/", TestBuffers.Tiny)]
    public async Task DownloadsOfTheSimulator_ArriveWhole(string path, TestBuffers buffers)
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Simulator, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, TestCertificates.Client);
        using var client = await proxy.ConnectAsync(Long);
        foreach (int size in SmallSizes)
        {
            var response = await client.ExchangeAsync($"GET {path}{size} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

            Assert.Equal((200, new string('x', size)), (response.StatusCode, response.Text));
        }
    }

    [Theory]
    [MemberData(nameof(FramingsAndBuffers))]
    public async Task UploadsToTheSimulator_ArriveWhole(bool chunked, TestBuffers buffers)
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Simulator, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, TestCertificates.Client);
        using var client = await proxy.ConnectAsync(Long);
        foreach (int size in SmallSizes)
        {
            byte[] content = RandomNumberGenerator.GetBytes(size);
            await client.SendAsync(Request("/", content, chunked));

            var response = await client.ReadResponseAsync();

            Assert.Equal(200, response.StatusCode);
            Assert.Contains($"\"bodyLength\": {size},", response.Text, StringComparison.Ordinal);
            Assert.Contains(Digest(content), response.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData(false, false, 64 * Mebibyte, TestBuffers.Normal)]
    [InlineData(false, true, 64 * Mebibyte, TestBuffers.Normal)]
    [InlineData(true, false, 64 * Mebibyte, TestBuffers.Normal)]
    [InlineData(true, true, 64 * Mebibyte, TestBuffers.Normal)]
    [InlineData(false, false, Mebibyte, TestBuffers.Tiny)]
    [InlineData(true, true, Mebibyte, TestBuffers.Tiny)]
    public async Task BothWaysAtOnce_UploadAndDownloadStream(bool tls, bool chunked, int size, TestBuffers buffers)
    {
        await using var origin = EchoOrigin.Start(tls);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync(Long);
        byte[] content = Text(size);

        // The origin holds one piece, so neither of the two can end before the other has well begun.
        var sending = client.SendAsync(Request("/echo", content, chunked));
        var response = await client.ReadResponseAsync();
        await sending;

        Assert.Equal((200, Digest(content)), (response.StatusCode, Digest(response.Body)));
    }

    [Fact]
    public async Task ManyUploadsAtOnce_DoNotMix()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, TestBuffers.Normal, TestCertificates.Client);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
        {
            using var client = await proxy.ConnectAsync(Long);
            for (int round = 0; round < 4; round++)
            {
                byte[] content = RandomNumberGenerator.GetBytes(100_000 + (i * 1000) + round);
                await client.SendAsync(Request("/upload/sha256", content, chunked: i % 2 == 0));
                Assert.Equal($"{content.Length} {Digest(content)}", (await client.ReadResponseAsync()).Text);
            }
        }));
    }

    private static byte[] Request(string path, byte[] content, bool chunked)
    {
        using MemoryStream wire = new(content.Length + 1024);
        string framing = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {content.Length}";
        wire.Write(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n"));
        if (!chunked)
        {
            wire.Write(content);
            return wire.ToArray();
        }

        // Chunks of ever other sizes, so that their lines fall everywhere in the proxy's buffers.
        for (int at = 0, size = 1; at < content.Length; at += size, size = (size * 3 % 100_003) + 1)
        {
            size = Math.Min(size, content.Length - at);
            wire.Write(Encoding.ASCII.GetBytes($"{size:X}\r\n"));
            wire.Write(content, at, size);
            wire.Write("\r\n"u8);
        }

        wire.Write("0\r\n\r\n"u8);
        return wire.ToArray();
    }

    private static byte[] Text(int size)
    {
        byte[] content = RandomNumberGenerator.GetBytes(size);
        for (int i = 0; i < content.Length; i++)
        {
            content[i] |= 0x20;
        }

        return content;
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
