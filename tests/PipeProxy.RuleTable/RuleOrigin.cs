using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.RuleTable;

/// <summary>The origin behind every proxy: counts whole requests, and gives a fixed answer where one is set.</summary>
internal sealed class RuleOrigin : IAsyncDisposable
{
    private readonly ByteOrigin _origin;
    private volatile string? _answer;
    private int _requests;

    public RuleOrigin() => _origin = ByteOrigin.Start(ServeAsync);

    public string Url => _origin.Url;

    public int Port => _origin.Port;

    /// <summary>Requests that came to their end.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The bytes of the answer, after which the connection ends; null for 200 without a body.</summary>
    public void Answer(string? wire) => _answer = wire;

    public ValueTask DisposeAsync() => _origin.DisposeAsync();

    private async Task ServeAsync(OriginConnection connection)
    {
        while (await connection.TryReadHeadAsync() is { } head)
        {
            var fields = head.Split("\r\n").Select(static line => line.Split(':', 2)).Where(static field => field.Length == 2).ToList();
            var coding = fields.Find(static field => field[0].Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
            var length = fields.Find(static field => field[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
            if (coding is not null && !await TryReadChunksAsync(connection))
            {
                return;
            }

            if (coding is null && length is not null && int.TryParse(length[1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            {
                await connection.ReadExactlyAsync(bytes);
            }

            Interlocked.Increment(ref _requests);
            if (_answer is { } answer)
            {
                await connection.WriteAsync(answer);
                return;
            }

            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }

    // Strict: a body that a proxy passes on as it came, and that is none, is no whole request.
    private static async Task<bool> TryReadChunksAsync(OriginConnection connection)
    {
        while (true)
        {
            var size = (await connection.ReadThroughAsync("\r\n"))[..^2].Split(';')[0].TrimEnd();
            if (!int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length))
            {
                return false;
            }

            if (length == 0)
            {
                break;
            }

            if (!(await connection.ReadExactlyAsync(length + 2)).EndsWith("\r\n", StringComparison.Ordinal))
            {
                return false;
            }
        }

        while (await connection.ReadThroughAsync("\r\n") != "\r\n")
        {
        }

        return true;
    }
}
