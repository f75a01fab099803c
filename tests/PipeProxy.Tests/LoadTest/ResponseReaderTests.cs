using System.Text;
using PipeProxy.LoadTest.Http;

namespace PipeProxy.Tests.LoadTest;

public sealed class ResponseReaderTests
{
    private const string Next = "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\nz";

    public static TheoryData<string, int, bool> Whole => new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, true },
        { "HTTP/1.1 200 OK\r\ncontent-length:5 \r\nX: y\r\n\r\nhello", 200, true },
        { "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, true },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 404, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", 204, true },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", 304, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA;x=y\r\n0123456789\r\n001 \r\nz\r\n0\r\nTrailer: t\r\nOther: o\r\n\r\n", 200, true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nab", 200, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: foo, close\r\n\r\nab", 200, false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab", 200, true },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 200, true },
    };

    public static TheoryData<string> Broken =>
    [
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\nx",
    ];

    [Theory]
    [MemberData(nameof(Whole))]
    public void WholeAnswer_IsReadInOnePieceByteByByteAndBeforeTheNext(string answer, int status, bool keepAlive)
    {
        foreach (int piece in new[] { int.MaxValue, 1, 7 })
        {
            var (results, heads) = Read(answer, piece);
            Assert.Equal([ReadStatus.Done], results);
            Assert.Equal((status, keepAlive), (heads[0].Status, heads[0].KeepAlive));

            (results, heads) = Read(answer + Next, piece);
            Assert.Equal([ReadStatus.Done, ReadStatus.Done], results);
            Assert.Equal([status, 202], heads.Select(static head => head.Status));
        }
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void AnswerWithoutItsLastByte_NeedsMore(string answer, int status, bool keepAlive)
    {
        _ = (status, keepAlive);
        Assert.Empty(Read(answer[..^1], int.MaxValue).Results);
        Assert.Empty(Read(answer[..^1], 1).Results);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void BrokenAnswer_IsRejectedWithAReason(string answer)
    {
        Assert.Equal([ReadStatus.Rejected], Read(answer, int.MaxValue).Results);
        Assert.Equal([ReadStatus.Rejected], Read(answer, 1).Results);
    }

    [Fact]
    public void HeadAbove64KiB_IsRejected()
        => Assert.Equal([ReadStatus.Rejected], Read("HTTP/1.1 200 OK\r\nA: " + new string('a', 70_000), 4096).Results);

    [Fact]
    public void AnswerToHead_HasNoBody()
    {
        ResponseReader reader = default;
        var bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"u8;
        Assert.Equal(ReadStatus.Done, reader.Read(bytes, new HeadCache(toHead: true), out var consumed));
        Assert.Equal(bytes.Length, consumed);
    }

    [Fact]
    public void BodyWithoutLength_EndsWithTheConnection()
    {
        ResponseReader reader = default;
        HeadCache cache = new(toHead: false);
        Assert.Equal(ReadStatus.NeedMore, reader.Read("HTTP/1.1 200 OK\r\n\r\nabc"u8, cache, out var consumed));
        Assert.Equal(22, consumed);
        Assert.Equal(ReadStatus.NeedMore, reader.Read("def"u8, cache, out _));
        Assert.True(reader.TryEnd());
        Assert.False(reader.Head.KeepAlive);
    }

    [Fact]
    public void ConnectionThatEndsWithinALength_IsNoEnd()
    {
        ResponseReader reader = default;
        reader.Read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"u8, new HeadCache(toHead: false), out _);
        Assert.True(reader.HasBegun);
        Assert.False(reader.TryEnd());
    }

    [Fact]
    public void HeadThatDiffersInOneByte_IsParsedAnew()
    {
        ResponseReader reader = default;
        HeadCache cache = new(toHead: false);
        foreach (var (answer, status) in new[] { (Answer(200, 1), 200), (Answer(200, 1), 200), (Answer(201, 1), 201), (Answer(201, 2), 201), (Answer(201, 1), 201) })
        {
            Assert.Equal(ReadStatus.Done, reader.Read(answer, cache, out var consumed));
            Assert.Equal((status, answer.Length), (reader.Head.Status, consumed));
        }

        static byte[] Answer(int status, int length) => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\n\r\n{new string('x', length)}");
    }

    [Fact]
    public void Reading_AllocatesNothing()
    {
        ResponseReader reader = default;
        HeadCache cache = new(toHead: false);
        var answers = new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" }.Select(Encoding.ASCII.GetBytes).ToArray();
        long allocated = 0;
        for (var i = 0; i < 2000; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            reader.Read(answers[i % 2], cache, out _);
            allocated += i < 100 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    // Feeds the bytes in pieces, as a connection does: what was not consumed comes again in front of the next piece.
    private static (List<ReadStatus> Results, List<ResponseHead> Heads) Read(string text, int piece)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        ResponseReader reader = default;
        HeadCache cache = new(toHead: false);
        List<ReadStatus> results = [];
        List<ResponseHead> heads = [];
        var (start, end) = (0, 0);
        while (end < bytes.Length)
        {
            end = (int)Math.Min((long)end + piece, bytes.Length);
            while (start < end)
            {
                var status = reader.Read(bytes.AsSpan(start, end - start), cache, out var consumed);
                start += consumed;
                if (status == ReadStatus.NeedMore)
                {
                    break;
                }

                results.Add(status);
                heads.Add(reader.Head);
                if (status == ReadStatus.Rejected)
                {
                    Assert.False(string.IsNullOrEmpty(reader.Wrong));
                    return (results, heads);
                }
            }
        }

        return (results, heads);
    }
}
