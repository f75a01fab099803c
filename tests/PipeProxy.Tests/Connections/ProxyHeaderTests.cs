using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using PipeProxy.Connections;

namespace PipeProxy.Tests.Connections;

public sealed class ProxyHeaderTests
{
    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\r\n", "192.0.2.7:51234")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 0 443\r\n", "[2001:db8::7]:0")]
    [InlineData("PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null, true)]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", null)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\n\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 51234\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 51234 443 1\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7  10.0.0.1 51234 443\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2 10.0.0.1 51234 443\r\n", null, true)]
    [InlineData("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", null, true)]
    [InlineData("PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n", null, true)]
    [InlineData("PROXY TCP6 fe80::1%1 fe80::2 1 2\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 65536 443\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 01 443\r\n", null, true)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 +1 443\r\n", null, true)]
    [InlineData("PROXY UDP4 192.0.2.7 10.0.0.1 1 443\r\n", null, true)]
    [InlineData("proxy TCP4 192.0.2.7 10.0.0.1 1 443\r\n", null, true)]
    [InlineData("GET / HTTP/1.1\r\n", null, true)]
    public void Version1(string header, string? source, bool malformed = false)
        => Check(Encoding.Latin1.GetBytes(header), malformed ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.Done, source);

    [Fact]
    public void Version1WithoutAnEnd_IsMalformedAt107Bytes()
    {
        var (status, length) = Feed(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 500)), out _);

        Assert.Equal(ProxyHeaderStatus.Malformed, status);
        Assert.InRange(length, 100, 107);
    }

    [Fact]
    public void Version2_Ipv4() => Check(V2(0x21, 0x11, [192, 0, 2, 7, 10, 0, 0, 1, 0xC8, 0x22, 1, 0xBB]), ProxyHeaderStatus.Done, "192.0.2.7:51234");

    [Fact]
    public void Version2_Ipv6()
    {
        byte[] addresses = [.. IPAddress.Parse("2001:db8::7").GetAddressBytes(), .. IPAddress.Parse("2001:db8::1").GetAddressBytes(), 0, 5, 1, 0xBB];

        Check(V2(0x21, 0x21, addresses), ProxyHeaderStatus.Done, "[2001:db8::7]:5");
    }

    [Theory]
    [InlineData(0x20, 0x00, 0)]
    [InlineData(0x20, 0x11, 12)]
    [InlineData(0x21, 0x00, 0)]
    [InlineData(0x21, 0x00, 300)]
    [InlineData(0x21, 0x31, 216)]
    public void Version2_WithoutAClientAddress(byte command, byte family, int length) => Check(V2(command, family, new byte[length]), ProxyHeaderStatus.Done, null);

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 12)]
    [InlineData(0x21, 0x41, 12)]
    [InlineData(0x21, 0x11, 14)]
    [InlineData(0x21, 0x11, 4090)]
    public void Version2_Malformed(byte command, byte family, int length) => Check(V2(command, family, new byte[length]), ProxyHeaderStatus.Malformed, null);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Version2_Checksum(bool wrong)
    {
        var header = V2(0x21, 0x11, [192, 0, 2, 7, 10, 0, 0, 1, 0, 9, 1, 0xBB, 0x03, 0, 4, 0, 0, 0, 0, 0x04, 0, 1, 0]);
        var crc = uint.MaxValue;
        foreach (var b in header)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(31), wrong ? crc : ~crc);

        Check(header, wrong ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.Done, wrong ? null : "192.0.2.7:9");
    }

    private static byte[] V2(byte command, byte family, byte[] rest)
    {
        byte[] header = [.. Signature, command, family, 0, 0, .. rest];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)rest.Length);
        return header;
    }

    // As it is read from a socket: never more than asked for. The bytes behind it stay where they are.
    private static void Check(byte[] header, ProxyHeaderStatus expected, string? source)
    {
        var (status, length) = Feed([.. header, .. "GET / HTTP/1.1\r\n"u8], out var read);

        Assert.Equal((expected, source), (status, read?.ToString()));
        if (expected == ProxyHeaderStatus.Done)
        {
            Assert.Equal(header.Length, length);
        }
    }

    private static (ProxyHeaderStatus Status, int Length) Feed(byte[] bytes, out IPEndPoint? source)
    {
        var length = 0;
        while (true)
        {
            var status = ProxyHeader.Read(bytes.AsSpan(0, length), out var missing, out source);
            if (status != ProxyHeaderStatus.NeedMore)
            {
                return (status, length);
            }

            Assert.InRange(missing, 1, ProxyHeader.MaxBytes - length);
            length += missing;
        }
    }
}
