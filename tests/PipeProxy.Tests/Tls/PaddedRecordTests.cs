using System.Text;
using PipeProxy.Tests.Transport;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Tls;

public sealed class PaddedRecordTests : TlsConnectorScene
{
    // An origin that pads its records (nginx: ssl_conf_command RecordPadding) pads the goodbye too, which then looks like data.
    [Fact]
    public async Task GoodbyeIsPaddedLikeData_DataBeforeItIsRead()
    {
        const int Lines = 2, LineBytes = 12_000;
        using var server = await StartAsync("-tls1_3", "-record_padding", "16384", "-num_tickets", "0", "-naccept", "1");
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, server.EndPoint, Options())).Connection!;
        await loops.RunAsync(async () =>
        {
            for (var i = 0; i < Lines; i++)
            {
                connection.Write(Encoding.ASCII.GetBytes(new string('a', LineBytes - 1) + "\n"));
            }

            connection.Write("CLOSE\n"u8.ToArray());
            connection.ShutdownSend();
            await connection.SendAllAsync();
        });
        await server.EndAsync();

        var (total, end) = await loops.RunAsync(async () =>
        {
            var (total, buffer) = (0, new byte[64 * 1024]);
            while (true)
            {
                var read = await connection.ReadAsync(buffer);
                total += read.Bytes;
                if (!read.IsOk)
                {
                    return (total, read.Status);
                }
            }
        });
        Assert.Equal((Lines * LineBytes, IoStatus.End), (total, end));
    }
}
