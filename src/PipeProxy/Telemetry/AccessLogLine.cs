using System.Diagnostics;
using PipeProxy.Configuration;

namespace PipeProxy.Telemetry;

/// <summary>What a line of the access log looks like, per format. Every line ends in one line feed and holds no other.</summary>
internal static class AccessLogLine
{
    // With these bounds a line stays below 32 KiB, an eighth of a segment, whatever a peer sends.
    private const int MaxTargetBytes = 16 * 1024;
    private const int MaxFieldBytes = 4 * 1024;
    private const int MaxDetailBytes = 2 * 1024;
    private const int MaxNameBytes = 512;

    /// <summary>Writes the line of a request.</summary>
    public static void Write(ref LogLine line, AccessLogFormat format, LogClock clock, in AccessLogEntry entry)
    {
        if (format == AccessLogFormat.Json)
        {
            WriteJson(ref line, clock, in entry);
        }
        else
        {
            WriteCombined(ref line, clock, in entry);
        }
    }

    /// <summary>Writes the line that tells how many entries are missing. In the combined format it is a comment, which analysers skip.</summary>
    public static void WriteDropped(ref LogLine line, AccessLogFormat format, LogClock clock, long dropped, long total)
    {
        var json = format == AccessLogFormat.Json;
        line.Append(json ? "{\"time\":\""u8 : "# "u8);
        line.Append(clock.Iso());
        line.Append(json ? "\",\"event\":\"access_log_dropped\",\"dropped\":"u8 : " access_log_dropped dropped="u8);
        line.AppendNumber(dropped);
        line.Append(json ? ",\"droppedTotal\":"u8 : " total="u8);
        line.AppendNumber(total);
        line.Append(json ? "}\n"u8 : "\n"u8);
    }

    private static void WriteJson(ref LogLine line, LogClock clock, in AccessLogEntry entry)
    {
        line.Append("{\"time\":\""u8);
        line.Append(clock.Iso());
        line.Append("\""u8);
        Text(ref line, ",\"requestId\":\""u8, entry.RequestId, MaxNameBytes);
        Text(ref line, ",\"client\":\""u8, entry.ClientAddress, MaxNameBytes);
        Text(ref line, ",\"method\":\""u8, entry.Method, MaxNameBytes);
        Text(ref line, ",\"host\":\""u8, entry.Host, MaxNameBytes);
        Text(ref line, ",\"target\":\""u8, entry.Target, MaxTargetBytes);
        line.Append(",\"status\":"u8);
        line.AppendNumber(entry.Status);
        WriteOutcome(ref line, in entry);
        Text(ref line, ",\"route\":\""u8, entry.Route, MaxNameBytes);
        Text(ref line, ",\"origin\":\""u8, entry.Origin, MaxNameBytes);
        Text(ref line, ",\"certificate\":\""u8, entry.Certificate, MaxNameBytes);
        line.Append(",\"durationMs\":"u8);
        WriteMilliseconds(ref line, entry.DurationMilliseconds);
        line.Append(",\"requestBytes\":"u8);
        line.AppendNumber(entry.RequestBytes);
        line.Append(",\"responseBytes\":"u8);
        line.AppendNumber(entry.ResponseBytes);
        if (entry.Origin is not null)
        {
            line.Append(entry.Retried ? ",\"retried\":true"u8 : ",\"retried\":false"u8);
            line.Append(entry.FreshConnection ? ",\"freshConnection\":true"u8 : ",\"freshConnection\":false"u8);
        }

        Text(ref line, ",\"userAgent\":\""u8, entry.UserAgent, MaxFieldBytes);
        Text(ref line, ",\"referer\":\""u8, entry.Referer, MaxFieldBytes);
        line.Append("}\n"u8);
    }

    private static void WriteOutcome(ref LogLine line, in AccessLogEntry entry)
    {
        Text(ref line, ",\"outcome\":\""u8, entry.Outcome.Name, MaxNameBytes);
        if (entry.Outcome.Side == OutcomeSide.None)
        {
            return;
        }

        Text(ref line, ",\"error\":\""u8, entry.Outcome.Error, MaxNameBytes);
        line.Append(",\"stage\":\""u8);
        line.Append(NameOf(entry.Outcome.Stage));
        line.Append("\",\"side\":\""u8);
        line.Append(NameOf(entry.Outcome.Side));
        line.Append("\""u8);
        if (entry.Alert is { } alert)
        {
            line.Append(",\"alertId\":"u8);
            line.AppendNumber(alert);
            Text(ref line, ",\"alertMessage\":\""u8, TlsAlerts.NameOf(alert), MaxNameBytes);
        }

        Text(ref line, ",\"detail\":\""u8, entry.Detail, MaxDetailBytes);
    }

    // $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"
    private static void WriteCombined(ref LogLine line, LogClock clock, in AccessLogEntry entry)
    {
        TextOrDash(ref line, entry.ClientAddress, MaxNameBytes);
        line.Append(" - - ["u8);
        line.Append(clock.Common());
        line.Append("] \""u8);
        if (entry.Method.IsEmpty)
        {
            line.Append("-"u8);
        }
        else
        {
            line.AppendCombined(entry.Method, MaxNameBytes);
            line.Append(" "u8);
            line.AppendCombined(entry.Target, MaxTargetBytes);
            line.Append(entry.MinorVersion == 0 ? " HTTP/1.0"u8 : " HTTP/1.1"u8);
        }

        line.Append("\" "u8);
        line.AppendThreeDigits(entry.Status);
        line.Append(" "u8);
        line.AppendNumber(entry.ResponseBytes);
        line.Append(" \""u8);
        TextOrDash(ref line, entry.Referer, MaxFieldBytes);
        line.Append("\" \""u8);
        TextOrDash(ref line, entry.UserAgent, MaxFieldBytes);
        line.Append("\"\n"u8);
    }

    private static void Text(ref LogLine line, scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value, int limit)
    {
        if (!value.IsEmpty)
        {
            line.Append(key);
            line.AppendJson(value, limit);
            line.Append("\""u8);
        }
    }

    private static void Text(ref LogLine line, scoped ReadOnlySpan<byte> key, string? value, int limit)
    {
        if (!string.IsNullOrEmpty(value))
        {
            line.Append(key);
            line.AppendJson(value, limit);
            line.Append("\""u8);
        }
    }

    private static void TextOrDash(ref LogLine line, scoped ReadOnlySpan<byte> value, int limit)
        => line.AppendCombined(value.IsEmpty ? "-"u8 : value, limit);

    /// <summary>Three decimals. JSON has no NaN and no infinity, so those and negative numbers are written as the nearest bound.</summary>
    private static void WriteMilliseconds(ref LogLine line, double milliseconds)
    {
        var micros = milliseconds > 0 ? (long)Math.Min(Math.Round(milliseconds * 1000), 1e15) : 0;
        line.AppendNumber(micros / 1000);
        line.Append("."u8);
        line.AppendThreeDigits((int)(micros % 1000));
    }

    private static ReadOnlySpan<byte> NameOf(OutcomeStage stage) => stage switch
    {
        OutcomeStage.RequestHead => "request-head"u8,
        OutcomeStage.Route => "route"u8,
        OutcomeStage.Limit => "limit"u8,
        OutcomeStage.Dns => "dns"u8,
        OutcomeStage.Connect => "connect"u8,
        OutcomeStage.Tls => "tls"u8,
        OutcomeStage.FirstByte => "first-byte"u8,
        OutcomeStage.ResponseHead => "response-head"u8,
        OutcomeStage.ResponseBody => "response-body"u8,
        OutcomeStage.RequestBody => "request-body"u8,
        _ => throw new UnreachableException(),
    };

    private static ReadOnlySpan<byte> NameOf(OutcomeSide side) => side switch
    {
        OutcomeSide.None => "none"u8,
        OutcomeSide.Client => "client"u8,
        OutcomeSide.Origin => "origin"u8,
        OutcomeSide.Proxy => "proxy"u8,
        _ => throw new UnreachableException(),
    };
}
