using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class OutBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(4096)]
    public async Task WritesAndConsumes_KeepOrderAndReturnBlocks(int blockBytes)
    {
        await using var loops = new TestLoops();
        await loops.RunAsync(() =>
        {
            var pool = loops[0].Memory;
            var output = new OutBuffer(pool, blockBytes);
            var random = new Random(blockBytes);
            var (written, consumed) = (0, 0);
            for (var i = 0; i < 2000; i++)
            {
                var bytes = new byte[random.Next(0, 40)];
                for (var j = 0; j < bytes.Length; j++)
                {
                    bytes[j] = (byte)written++;
                }

                output.Write(bytes);
                Assert.Equal(written - consumed, output.Length);
                AssertHolds(output, consumed);
                var taken = random.Next(0, output.Length + 1);
                output.Consume(taken);
                consumed += taken;
            }

            output.Clear();
            Assert.Equal(0, output.BlockCount);
            Assert.Equal(0, pool.Rented);
            return Task.CompletedTask;
        });
    }

    private static void AssertHolds(OutBuffer output, int from)
    {
        var length = 0;
        for (var i = 0; i < output.BlockCount; i++)
        {
            foreach (var value in output[i].Span)
            {
                Assert.Equal((byte)(from + length++), value);
            }
        }

        Assert.Equal(output.Length, length);
    }
}
