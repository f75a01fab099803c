using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>Loops of one transport, and connections that are written until their system is full and read to their end.</summary>
public abstract class HeldSendScene(TransportKind transport, bool usesRing)
{
    private protected const int RestBytes = 32 * 1024;

    private protected TestLoops Start(int blockBytes = 16 * 1024, TimeProvider? time = null)
    {
        Assert.SkipUnless(transport != TransportKind.Epoll || Libc.IsSupported, "epoll is Linux's");
        return new TestLoops(2, time, sizes: new TransportOptions { BlockBytes = blockBytes, UsesRing = usesRing }, transport: transport);
    }

    private protected static ValueTask<IoStatus> WriteAsync(SocketConnection connection, string text)
    {
        connection.Write(System.Text.Encoding.ASCII.GetBytes(text));
        return connection.FlushAsync();
    }

    // Small flushes until the system takes no more, and a rest that is held.
    private protected static async Task<long> FillAsync(SocketConnection connection)
    {
        var written = 0L;
        while (connection.UnsentBytes < RestBytes)
        {
            connection.Write(new byte[16 * 1024]);
            written += 16 * 1024;
            Assert.Equal(IoStatus.Ok, await connection.FlushAsync());
            await TestLoops.NextRoundAsync(connection.Loop);
        }

        return written;
    }

    private protected static async Task<string> ReadAsync(SocketConnection connection, int bytes)
    {
        var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (received.Length < bytes)
        {
            var read = await connection.ReadAsync(buffer);
            Assert.Equal(IoStatus.Ok, read.Status);
            received.Write(buffer, 0, read.Bytes);
        }

        return System.Text.Encoding.ASCII.GetString(received.GetBuffer(), 0, (int)received.Length);
    }

    private protected static async Task<(long Bytes, IoStatus End)> CountToEndAsync(SocketConnection connection)
    {
        var total = 0L;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = await connection.ReadAsync(buffer);
            total += read.Bytes;
            if (!read.IsOk)
            {
                return (total, read.Status);
            }
        }
    }
}
