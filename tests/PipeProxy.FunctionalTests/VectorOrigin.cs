using System.Globalization;
using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An origin that counts the whole requests it got and says each one's body back, and a proxy of each buffer size before it.</summary>
/// <remarks>Shared by the tests of a class, which run one after another. It reads framing by itself, without the product's parser.</remarks>
public sealed class VectorOrigin : IAsyncLifetime
{
    // Longer vectors go in pieces of this size: byte by byte they would take long and show nothing more.
    private const int LongVector = 2048;
    private const int PieceOfLongVectors = 509;

    private readonly Dictionary<TestBuffers, TestProxy> _proxies = [];
    private ByteOrigin? _origin;
    private int _heads;
    private int _messages;

    /// <summary>Request heads that came.</summary>
    internal int Heads => Volatile.Read(ref _heads);

    /// <summary>Requests that came to their end.</summary>
    internal int Messages => Volatile.Read(ref _messages);

    internal TestProxy ProxyWith(TestBuffers buffers) => _proxies[buffers];

    public async ValueTask InitializeAsync()
    {
        _origin = ByteOrigin.Start(ServeAsync);
        foreach (var buffers in Enum.GetValues<TestBuffers>())
        {
            _proxies[buffers] = await TestProxy.StartAsync(_origin.Url, buffers, configure: static config => config with { Routes = [.. config.Routes.Select(Everything)] });
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        await _origin!.DisposeAsync();
    }

    /// <summary>Whether the head is sound and chunked, so that the fault is found when it may have gone to the origin already.</summary>
    internal static bool IsFaultOfTheBody(Http1Vector vector)
    {
        var head = new RequestHead();
        if (Http1Parser.ParseRequest(vector.Bytes, head, HeadLimits.Default, out _) != ParseStatus.Done)
        {
            return false;
        }

        head.Attach(vector.Bytes);
        return MessageFraming.OfRequest(head).Kind == FramingKind.Chunked;
    }

    // The proxy closes as soon as it has seen the fault; what is sent after that may find the connection gone.
    internal static async Task SendAsync(RawClient client, string wire, bool whole)
    {
        try
        {
            if (whole || wire.Length <= LongVector)
            {
                await client.SendAsync(wire, whole);
                return;
            }

            foreach (byte[] piece in Encoding.Latin1.GetBytes(wire).Chunk(PieceOfLongVectors))
            {
                await client.SendAsync(piece);
            }
        }
        catch (IOException)
        {
        }
    }

    // Some vectors are GET requests with a body.
    private static RouteConfig Everything(RouteConfig route) => route with { AllowGetBody = true };

    private async Task ServeAsync(OriginConnection connection)
    {
        while (await connection.TryReadHeadAsync() is { } head)
        {
            Interlocked.Increment(ref _heads);
            string body = head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.Ordinal)
                ? await ReadChunkedAsync(connection)
                : await connection.ReadExactlyAsync(LengthIn(head));
            Interlocked.Increment(ref _messages);
            string target = head.Split(' ', 3)[1];
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nX-Target-Length: {target.Length}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    }

    private static int LengthIn(string head)
        => head.Split("\r\n").SingleOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } line
            ? int.Parse(line.AsSpan("Content-Length: ".Length), CultureInfo.InvariantCulture)
            : 0;

    private static async Task<string> ReadChunkedAsync(OriginConnection connection)
    {
        string body = "";
        while (Convert.ToInt32((await connection.ReadThroughAsync("\r\n"))[..^2], 16) is > 0 and int size)
        {
            body += (await connection.ReadExactlyAsync(size + 2))[..^2];
        }

        while (await connection.ReadThroughAsync("\r\n") != "\r\n")
        {
        }

        return body;
    }
}
