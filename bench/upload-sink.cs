// Reads uploads to their end, forgets them, and answers how many content bytes came. nginx alone cannot be the origin of a large
// upload: it answers before it has read the body, or writes the body to disk.
//
//   dotnet run bench/upload-sink.cs -- SOCKET     listens on a Unix socket, one request per connection

using System.Globalization;
using System.Net.Sockets;
using System.Text;

using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
listener.Bind(new UnixDomainSocketEndPoint(args[0]));
listener.Listen(64);
Console.WriteLine("listening");
while (true)
{
    _ = ServeAsync(await listener.AcceptAsync());
}

static async Task ServeAsync(Socket socket)
{
    using var stream = new BufferedStream(new NetworkStream(socket, ownsSocket: true), 256 * 1024);
    var length = 0L;
    while (await ReadLineAsync(stream) is { Length: > 0 } line)
    {
        length = line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase) ? long.Parse(line.AsSpan(15), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)
            : line.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase) ? -1
            : length;
    }

    var received = length >= 0 ? await DropAsync(stream, length) : await DropChunksAsync(stream);
    var answer = $"{received}\n";
    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}"));
    await stream.FlushAsync();
}

static async Task<long> DropChunksAsync(Stream stream)
{
    var received = 0L;
    while (long.Parse(await ReadLineAsync(stream), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is > 0 and var size)
    {
        received += await DropAsync(stream, size);
        await ReadLineAsync(stream);
    }

    await ReadLineAsync(stream);
    return received;
}

static async Task<long> DropAsync(Stream stream, long length)
{
    var buffer = new byte[256 * 1024];
    for (var left = length; left > 0;)
    {
        var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
        left -= read > 0 ? read : throw new EndOfStreamException("The upload ended early.");
    }

    return length;
}

static async Task<string> ReadLineAsync(Stream stream)
{
    var line = new StringBuilder();
    var one = new byte[1];
    while (await stream.ReadAsync(one) == 1 && one[0] != '\n')
    {
        line.Append(one[0] == '\r' ? "" : (char)one[0]);
    }

    return line.ToString();
}
