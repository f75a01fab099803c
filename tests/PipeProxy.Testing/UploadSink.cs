using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace PipeProxy.Testing;

/// <summary>What one upload brought.</summary>
/// <param name="Head">The request head as nginx passed it on.</param>
/// <param name="Length">Content bytes, chunked coding removed.</param>
/// <param name="Sha256">Lower-case hex of the content's digest, where <c>/upload/sha256</c> asked for it.</param>
public sealed record Upload(string Head, long Length, string? Sha256);

/// <summary>Reads uploads to their end, counts and forgets them, behind an nginx that streams them through a Unix socket.</summary>
/// <remarks>nginx itself either answers before it has read the body, or writes all of it to disk; neither serves a test of 5 GiB.</remarks>
public sealed class UploadSink : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Upload> _completed = [];
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private long _received;

    private UploadSink(string path)
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    /// <summary>Uploads that came whole.</summary>
    public IReadOnlyList<Upload> Completed
    {
        get
        {
            lock (_lock)
            {
                return [.. _completed];
            }
        }
    }

    /// <summary>Content bytes of all uploads so far, unfinished ones included.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _received);

    internal static UploadSink Start(string path) => new(path);

    /// <summary>Ends every upload.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections).WaitAsync(OriginConnection.DefaultTimeout);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                using NetworkStream stream = new(socket);
                await ReadUploadAsync(stream);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // nginx gave up because its client did; the upload is not among the completed ones.
            }
        }
    }

    // One request per connection: nginx is not told to keep them.
    private async Task ReadUploadAsync(NetworkStream stream)
    {
        using BufferedReader reader = new(stream, _stop.Token);
        StringBuilder lines = new();
        long? length = null;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            lines.Append(line).Append("\r\n");
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = long.Parse(line.AsSpan("Content-Length:".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase))
            {
                length = -1;
            }
        }

        string head = lines.ToString();
        bool wantsDigest = head.Split(' ', 3) is [_, string target, ..] && target.StartsWith("/upload/sha256", StringComparison.Ordinal);
        using IncrementalHash? hash = wantsDigest ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        long received = 0;
        if (length >= 0)
        {
            received = await DrainAsync(reader, length.Value, hash);
        }
        else if (length == -1)
        {
            while (long.Parse(await reader.ReadLineAsync(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is > 0 and long chunk)
            {
                received += await DrainAsync(reader, chunk, hash);
                await reader.ReadLineAsync();
            }
        }

        Upload upload = new(head, received, hash is null ? null : Convert.ToHexStringLower(hash.GetHashAndReset()));
        lock (_lock)
        {
            _completed.Add(upload);
        }

        string body = upload.Sha256 is null ? $"{received}" : $"{received} {upload.Sha256}";
        string answer = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
    }

    private async Task<long> DrainAsync(BufferedReader reader, long length, IncrementalHash? hash)
    {
        for (long rest = length; rest > 0;)
        {
            ReadOnlyMemory<byte> part = await reader.ReadSomeAsync(rest);
            hash?.AppendData(part.Span);
            rest -= part.Length;
            Interlocked.Add(ref _received, part.Length);
        }

        return length;
    }

    private sealed class BufferedReader(NetworkStream stream, CancellationToken stop) : IDisposable
    {
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _start;
        private int _end;

        internal async ValueTask<ReadOnlyMemory<byte>> ReadSomeAsync(long atMost)
        {
            await FillAsync();
            int length = (int)Math.Min(atMost, _end - _start);
            _start += length;
            return _buffer.AsMemory(_start - length, length);
        }

        internal async ValueTask<string> ReadLineAsync()
        {
            StringBuilder line = new();
            while (true)
            {
                await FillAsync();
                while (_start < _end)
                {
                    char c = (char)_buffer[_start++];
                    if (c == '\n')
                    {
                        return line.ToString();
                    }

                    if (c != '\r')
                    {
                        line.Append(c);
                    }
                }
            }
        }

        private async ValueTask FillAsync()
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await stream.ReadAsync(_buffer, stop);
                if (_end == 0)
                {
                    throw new EndOfStreamException("nginx ended the upload.");
                }
            }
        }

        public void Dispose() => stream.Dispose();
    }
}
