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

    // So it pads new keys behind data; what stands before them is not withheld until the next record.
    [Fact]
    public async Task NewKeysArePaddedLikeData_DataBeforeThemIsRead()
    {
        const int Record = 5 + 16384 + 16;
        using var server = await OpensslServer.StartTypedAsync("-tls1_3", Authority, Authority.Issue("origin", TestAuthority.ServerAuth, Host), "-record_padding", "16384", "-num_tickets", "0");
        using var relay = new GatheringRelay(server.EndPoint);
        await using var loops = new TestLoops();
        var connection = (await ConnectAsync(loops, relay.EndPoint, Options())).Connection!;

        var together = relay.GatherAsync(Record, () => server.TypeAsync("k"), 2 * Record);
        await server.TypeAsync("under old keys");
        await together.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("under old keys\n", await ReadAsync());

        await server.TypeAsync("under new keys");
        Assert.Equal("under new keys\n", await ReadAsync());

        async Task<string> ReadAsync() => await loops.RunAsync(async () =>
        {
            var buffer = new byte[64 * 1024];
            var read = await connection.ReadAsync(buffer);
            return Encoding.ASCII.GetString(buffer, 0, read.Bytes);
        }).WaitAsync(TimeSpan.FromSeconds(60));
    }
}
