using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class LogLineTests
{
    [Fact]
    public void EveryByte_JsonStaysValidAndShowsIt()
    {
        for (var value = 0; value < 256; value++)
        {
            var json = Json([(byte)'a', (byte)value, (byte)'z']);

            Assert.DoesNotContain(json, static c => c < ' ' || c == '\x7f');
            Assert.Equal($"a{(char)value}z", Parse(json));
        }
    }

    [Theory]
    [InlineData("50 C3 A4 E2 82 AC F0 9F 98 80", "Pä€😀")]
    [InlineData("E2 82", "\u00e2\u0082")]
    [InlineData("C0 AF", "\u00c0\u00af")]
    [InlineData("ED A0 80", "\u00ed\u00a0\u0080")]
    [InlineData("F4 90 80 80", "\u00f4\u0090\u0080\u0080")]
    [InlineData("80 22 FF 5C", "\u0080\"\u00ff\\")]
    [InlineData("C2 9B 33 31 6D", "\u009b31m")]
    [InlineData("E2 80 A8 E2 80 A9", "\u2028\u2029")]
    public void Utf8AndBrokenUtf8_JsonReadsBack(string bytes, string expected)
        => Assert.Equal(expected, Parse(Json(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))));

    [Fact]
    public void ControlsOfTerminalsAndLineSeparators_AreEscapedInJson()
        => Assert.Equal("""\u001b[31m\u009b\u2028\u007f""", Json("\u001b[31m\u009b\u2028\u007f"u8));

    [Fact]
    public void Strings_AreEncodedInPieces()
    {
        var text = string.Concat(Enumerable.Repeat("\"ä€😀\n\ud800\\x", 200));

        Assert.Equal(text.Replace('\ud800', '\ufffd'), Parse(Json(text, 1 << 20)));
    }

    [Fact]
    public void EveryByte_CombinedEscapesAsNginxDoes()
    {
        for (var value = 0; value < 256; value++)
        {
            var plain = value is >= 0x20 and < 0x7F and not '"' and not '\\';

            Assert.Equal(plain ? $"a{(char)value}z" : $"a\\x{value:X2}z", Combined([(byte)'a', (byte)value, (byte)'z'], 100));
        }
    }

    [Fact]
    public void LongText_IsCutAtTheLimitAndNeverInsideAnEscape()
    {
        var hostile = Enumerable.Range(0, 64).Select(static i => (byte)(i % 3 == 0 ? 1 : 'x')).ToArray();
        for (var limit = 0; limit < 200; limit++)
        {
            var json = Json(hostile, limit);
            var combined = Combined(hostile, limit);

            Parse(json);
            Assert.True(Encoding.UTF8.GetByteCount(json) <= limit + 3);
            Assert.True(combined.Length <= limit + 3);
            Assert.Matches(new Regex(@"^(x|\\x01)*(\.\.\.)?$"), combined);
        }

        Assert.EndsWith("…", Json(hostile, 20));
        Assert.EndsWith("...", Combined(hostile, 20));
    }

    [Fact]
    public void RoomTooSmall_OverflowsAndStaysInside()
    {
        Span<byte> room = stackalloc byte[8];
        room.Fill((byte)'#');
        var line = new LogLine(room[..6]);
        line.Append("1234"u8);
        line.AppendJson("\u0001"u8, 100);
        line.AppendNumber(7);
        line.Append("x"u8);

        Assert.True(line.Overflowed);
        Assert.Equal(4, line.Length);
        Assert.Equal("1234", Encoding.ASCII.GetString(room[..4]));
        Assert.Equal("##", Encoding.ASCII.GetString(room[6..]));
    }

    private static string Parse(string inside) => JsonDocument.Parse($"\"{inside}\"").RootElement.GetString()!;

    private static string Json(ReadOnlySpan<byte> text, int limit = 1000)
    {
        var room = new byte[4096];
        var line = new LogLine(room);
        line.AppendJson(text, limit);
        Assert.False(line.Overflowed);
        return Encoding.UTF8.GetString(room.AsSpan(0, line.Length));
    }

    private static string Json(string text, int limit)
    {
        var room = new byte[1 << 16];
        var line = new LogLine(room);
        line.AppendJson(text, limit);
        Assert.False(line.Overflowed);
        return Encoding.UTF8.GetString(room.AsSpan(0, line.Length));
    }

    private static string Combined(ReadOnlySpan<byte> text, int limit)
    {
        var room = new byte[4096];
        var line = new LogLine(room);
        line.AppendCombined(text, limit);
        Assert.False(line.Overflowed);
        return Encoding.ASCII.GetString(room.AsSpan(0, line.Length));
    }
}
