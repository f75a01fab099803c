using System.Text;
using PipeProxy.LoadTest.Http;

namespace PipeProxy.Tests.LoadTest;

public sealed class UnaskedAnswerTests
{
    [Theory]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 408 Request Time-out\r\nContent-length: 110\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html><body>")]
    [InlineData("HTTP/1.0 408 Request Time-out\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html>")]
    public void Answer408ThatCloses_EndsAnIdleConnection(string wire)
    {
        var head = wire.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        for (var length = 0; length < wire.Length; length++)
        {
            Assert.Equal(length < head ? ReadStatus.NeedMore : ReadStatus.Done, Read(wire[..length]));
        }

        Assert.Equal(ReadStatus.Done, Read(wire));
    }

    [Theory]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 4080 Odd\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nConnection : close\r\n\r\n")]
    [InlineData("HTTP/1.1 408 Request Timeout\nConnection: close\n\r\n\r\n")]
    [InlineData("HTTP/2.0 408")]
    [InlineData("HTTP/1.1 5")]
    [InlineData("ok")]
    [InlineData("\0")]
    public void AnythingElse_IsNotHttp(string wire) => Assert.Equal(ReadStatus.Rejected, Read(wire));

    [Fact]
    public void HeadWithoutEnd_IsRefusedAtItsLimit()
        => Assert.Equal(ReadStatus.Rejected, Read("HTTP/1.1 408 Request Timeout\r\nA: " + new string('a', ResponseReader.MaxHeadBytes)));

    private static ReadStatus Read(string wire) => UnaskedAnswer.Read(Encoding.Latin1.GetBytes(wire));
}
