using System.Text.Json;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Telemetry;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Telemetry;

/// <summary>docs/outcomes.md has every outcome and every field of the access log as the code has them, in the same order.</summary>
public sealed class OutcomePageTests
{
    private static readonly string[] Page = File.ReadAllLines(RepositoryRoot.Combine("docs", "outcomes.md"));

    [Fact]
    public void EveryOutcome_IsARowOfTheTable()
        => Assert.Equal(
            OutcomeTests.All.Select(RowOf),
            RowsBelow("## The outcomes"));

    [Fact]
    public void EveryFieldOfTheAccessLog_IsARowOfTheTable()
        => Assert.Equal(
            Line(new AccessLogEntry
            {
                RequestId = "r"u8,
                ClientAddress = "192.0.2.1"u8,
                Method = "GET"u8,
                Target = "/"u8,
                Host = "a"u8,
                Route = "r",
                Origin = "https://a",
                Certificate = "c",
                Outcome = Outcome.TlsAlertReceived,
                Detail = "d",
                Alert = 48,
            }).EnumerateObject().Select(static field => $"`{field.Name}`"),
            RowsBelow("## The access log").Select(static row => row.Split(" | ")[0][2..]).Where(static name => name != "-"));

    private static string RowOf(Outcome outcome)
    {
        var line = Line(new AccessLogEntry { Outcome = outcome });
        var statuses = Enum.GetValues<StatusProfile>().Select(profile => ProblemAnswer.StatusOf(outcome, profile)).ToList();
        var status = outcome.Status == 0 ? "-" : statuses.Distinct().Count() == 1 ? $"{outcome.Status}" : string.Join(", ", statuses);
        return $"| `{Text("outcome")}` | {status} | {(Text("error") is "-" ? "-" : $"`{Text("error")}`")} | {Text("stage")} | {Text("side")} | {outcome.Title} |";

        string Text(string name) => line.TryGetProperty(name, out var value) ? value.GetString()! : "-";
    }

    private static JsonElement Line(in AccessLogEntry entry)
    {
        var room = new byte[4096];
        LogLine line = new(room);
        AccessLogLine.Write(ref line, AccessLogFormat.Json, new LogClock(TimeProvider.System), in entry);
        return JsonDocument.Parse(room.AsMemory(0, line.Length)).RootElement;
    }

    // The first table below a heading, without its head.
    private static IEnumerable<string> RowsBelow(string heading)
        => Page.SkipWhile(line => line != heading).SkipWhile(static line => !line.StartsWith('|')).TakeWhile(static line => line.StartsWith('|')).Skip(2);
}
