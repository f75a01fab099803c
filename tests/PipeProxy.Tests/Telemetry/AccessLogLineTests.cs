using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class AccessLogLineTests
{
    private static readonly DateTimeOffset Start = new(2026, 2, 28, 23, 59, 59, 7, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public void Completed_JsonHasEveryFieldThatIsThere()
    {
        var root = Json(new AccessLogEntry
        {
            RequestId = "r-1"u8,
            ClientAddress = "192.0.2.1"u8,
            Method = "GET"u8,
            Target = "/a?b=\"c\""u8,
            Host = "api.example"u8,
            Route = "orders \"v1\"",
            Origin = "https://alb.example",
            Certificate = "aws-alb-cert",
            Outcome = Outcome.Completed,
            Status = 200,
            DurationMilliseconds = 12.3456,
            RequestBytes = 0,
            ResponseBytes = 5_000_000_000,
            FreshConnection = true,
        });

        Assert.Equal(
            """
            {"time":"2026-02-28T23:59:59.007Z","requestId":"r-1","client":"192.0.2.1","method":"GET","host":"api.example","target":"/a?b=\"c\"","status":200,"outcome":"completed","route":"orders \"v1\"","origin":"https://alb.example","certificate":"aws-alb-cert","durationMs":12.346,"requestBytes":0,"responseBytes":5000000000,"retried":false,"freshConnection":true}
            """,
            root.GetRawText());
    }

    [Fact]
    public void AlertReceived_JsonTellsErrorStageSideAndAlert()
    {
        var root = Json(new AccessLogEntry { Outcome = Outcome.TlsAlertReceived, Alert = 48, Status = 522, Detail = "The origin said: \"unknown CA\"." });

        Assert.Equal("tls_alert_received", root.GetProperty("outcome").GetString());
        Assert.Equal("tls_alert_received", root.GetProperty("error").GetString());
        Assert.Equal("tls", root.GetProperty("stage").GetString());
        Assert.Equal("origin", root.GetProperty("side").GetString());
        Assert.Equal(48, root.GetProperty("alertId").GetInt32());
        Assert.Equal("unknown_ca", root.GetProperty("alertMessage").GetString());
        Assert.Equal("The origin said: \"unknown CA\".", root.GetProperty("detail").GetString());
        Assert.False(root.TryGetProperty("method", out _));
        Assert.False(root.TryGetProperty("retried", out _));
    }

    [Fact]
    public void EveryOutcome_HasAParsableLine()
    {
        foreach (var field in typeof(Outcome).GetFields().Where(static field => field.FieldType == typeof(Outcome)))
        {
            var outcome = (Outcome)field.GetValue(null)!;

            Assert.Equal(outcome.Name, Json(new AccessLogEntry { Outcome = outcome }).GetProperty("outcome").GetString());
        }
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(-1, 0)]
    [InlineData(0.0004, 0)]
    [InlineData(0.9996, 1)]
    [InlineData(86_400_000.5, 86_400_000.5)]
    [InlineData(double.PositiveInfinity, 1e12)]
    public void AnyDuration_IsANumberInJson(double duration, double expected)
        => Assert.Equal(expected, Json(new AccessLogEntry { Outcome = Outcome.Completed, DurationMilliseconds = duration }).GetProperty("durationMs").GetDouble());

    [Fact]
    public void Completed_CombinedIsWhatNginxWrites()
    {
        var line = Line(AccessLogFormat.Combined, new AccessLogEntry
        {
            ClientAddress = "192.0.2.1"u8,
            Method = "GET"u8,
            Target = "/a?b=%20"u8,
            Outcome = Outcome.Completed,
            Status = 200,
            ResponseBytes = 1024,
            UserAgent = "curl/8 \"x\"\n"u8,
            Referer = "https://a.example/"u8,
        });

        Assert.Equal("192.0.2.1 - - [28/Feb/2026:23:59:59 +0000] \"GET /a?b=%20 HTTP/1.1\" 200 1024 \"https://a.example/\" \"curl/8 \\x22x\\x22\\x0A\"\n", line);
    }

    [Fact]
    public void NothingKnown_CombinedHasDashes()
        => Assert.Equal("- - - [28/Feb/2026:23:59:59 +0000] \"-\" 000 0 \"-\" \"-\"\n", Line(AccessLogFormat.Combined, new AccessLogEntry { Outcome = Outcome.RequestTimeout }));

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Combined)]
    public void EveryFieldHugeAndHostile_LineIsBoundedAndOne(AccessLogFormat format)
    {
        var hostile = Enumerable.Repeat((byte)'\n', 100_000).ToArray();
        var text = new string('\n', 100_000);
        var line = Line(format, new AccessLogEntry
        {
            RequestId = hostile,
            ClientAddress = hostile,
            Method = hostile,
            Target = hostile,
            Host = hostile,
            UserAgent = hostile,
            Referer = hostile,
            Route = text,
            Origin = text,
            Certificate = text,
            Detail = text,
            Outcome = Outcome.TlsAlertReceived,
            Alert = 255,
            Status = int.MaxValue,
            RequestBytes = long.MaxValue,
            ResponseBytes = long.MaxValue,
        });

        Assert.True(line.Length < 32 * 1024);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void TimePasses_BothFormsFollow()
    {
        var clock = new LogClock(_time);
        Assert.Equal("2026-02-28T23:59:59.007Z", Encoding.ASCII.GetString(clock.Iso()));

        _time.Advance(TimeSpan.FromMilliseconds(992));
        Assert.Equal("2026-02-28T23:59:59.999Z", Encoding.ASCII.GetString(clock.Iso()));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("2026-03-01T00:00:00.000Z", Encoding.ASCII.GetString(clock.Iso()));
        Assert.Equal("01/Mar/2026:00:00:00 +0000", Encoding.ASCII.GetString(clock.Common()));
    }

    private JsonElement Json(in AccessLogEntry entry) => JsonDocument.Parse(Line(AccessLogFormat.Json, in entry)).RootElement;

    private string Line(AccessLogFormat format, in AccessLogEntry entry)
    {
        var room = new byte[64 * 1024];
        var line = new LogLine(room);
        AccessLogLine.Write(ref line, format, new LogClock(_time), in entry);
        Assert.False(line.Overflowed);
        return Encoding.UTF8.GetString(room.AsSpan(0, line.Length));
    }
}
