using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PipeProxy.Control;

/// <summary>One line of JSON over a socket, with a bound on its size.</summary>
internal static class ControlLine
{
    /// <summary>A request is a few words.</summary>
    internal const int MaxRequestBytes = 16 * 1024;

    /// <summary>An answer holds at most as many failures as the recorder keeps.</summary>
    internal const int MaxAnswerBytes = 4 * 1024 * 1024;

    /// <summary>Reads up to a line feed.</summary>
    /// <returns>The line without it; null when the peer ended first, or the line is longer than <paramref name="maxBytes"/>.</returns>
    internal static async Task<byte[]?> ReadAsync(Socket socket, int maxBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(4096, maxBytes)];
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return null;
            }

            var end = buffer.AsSpan(length, read).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return buffer[..(length + end)];
            }

            length += read;
            if (length == maxBytes)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(maxBytes, buffer.Length * 2));
            }
        }
    }

    /// <summary>Writes one line.</summary>
    internal static async Task WriteAsync<T>(Socket socket, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> line = (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(message, type), (byte)'\n'];
        while (!line.IsEmpty)
        {
            line = line[await socket.SendAsync(line, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
