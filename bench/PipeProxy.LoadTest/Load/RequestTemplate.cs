using System.Buffers;
using System.Text;

namespace PipeProxy.LoadTest.Load;

/// <summary>What every request has in common; rendered into bytes once per target, before the run.</summary>
internal sealed record RequestTemplate
{
    private const int ChunkBytes = 16 * 1024;

    internal required string Method { get; init; }

    /// <summary>Fields as given, in order.</summary>
    internal IReadOnlyList<(string Name, string Value)> Fields { get; init; } = [];

    /// <summary>Null: none.</summary>
    internal byte[]? Body { get; init; }

    /// <summary>The body goes out in the chunked coding, 16 KiB a chunk.</summary>
    internal bool Chunked { get; init; }

    internal bool IsHead => Method == "HEAD";

    /// <summary>The request as it goes over the wire.</summary>
    /// <param name="url">What to ask for.</param>
    /// <param name="last">Whether it is the last on its connection and says so.</param>
    internal byte[] Render(Uri url, bool last)
    {
        var output = new ArrayBufferWriter<byte>(512);
        Write(output, $"{Method} {url.PathAndQuery} HTTP/1.1\r\n");
        if (!Fields.Any(static field => field.Name.Equals("Host", StringComparison.OrdinalIgnoreCase)))
        {
            Write(output, $"Host: {url.Authority}\r\n");
        }

        foreach (var (name, value) in Fields)
        {
            Write(output, $"{name}: {value}\r\n");
        }

        if (last)
        {
            Write(output, "Connection: close\r\n");
        }

        if (Body is null)
        {
            // RFC 9110 section 8.6: a method that gives a body a meaning says that there is none.
            Write(output, Method is "POST" or "PUT" or "PATCH" ? "Content-Length: 0\r\n\r\n" : "\r\n");
        }
        else if (Chunked)
        {
            Write(output, "Transfer-Encoding: chunked\r\n\r\n");
            foreach (var chunk in Body.Chunk(ChunkBytes))
            {
                Write(output, $"{chunk.Length:x}\r\n");
                output.Write(chunk);
                Write(output, "\r\n");
            }

            Write(output, "0\r\n\r\n");
        }
        else
        {
            Write(output, $"Content-Length: {Body.Length}\r\n\r\n");
            output.Write(Body);
        }

        return output.WrittenSpan.ToArray();
    }

    // Field values may hold any byte above 0x7F; what was typed goes out as UTF-8.
    private static void Write(ArrayBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
