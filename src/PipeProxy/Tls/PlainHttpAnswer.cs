using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>What a client hears that speaks plain HTTP to a TLS port. An alert would be bytes to it that it cannot read.</summary>
internal static class PlainHttpAnswer
{
    private const int MaxDiscarded = 256 * 1024;

    private static readonly ReadOnlyMemory<byte> Bytes = (
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 71\r\nConnection: close\r\n\r\n"u8 +
        "This port speaks TLS, and the request came as plain HTTP. Use https://\n"u8).ToArray();

    /// <summary>Answers, ends our side, and takes what the client still sends for a while, so that the answer is not lost to a reset. The caller's deadline bounds it.</summary>
    internal static async ValueTask SendAsync(SocketConnection socket)
    {
        socket.Write(Bytes);
        await socket.FlushAsync();
        socket.ShutdownSend();
        var discarded = new byte[4096];
        for (var taken = 0; taken < MaxDiscarded;)
        {
            var read = await socket.ReadAsync(discarded);
            if (!read.IsOk)
            {
                return;
            }

            taken += read.Bytes;
        }
    }
}
