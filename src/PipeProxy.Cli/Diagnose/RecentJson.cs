using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PipeProxy.Cli.Output;
using PipeProxy.Control;
using PipeProxy.Telemetry;

namespace PipeProxy.Cli.Diagnose;

/// <summary>What <c>diagnose --recent --output json</c> prints. Scripts rely on it: fields are added, never renamed or removed. Times are RFC 3339 in UTC; unknown values are absent.</summary>
internal static class RecentJson
{
    private static readonly RecentJsonContext Context = new(new JsonSerializerOptions(RecentJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static void Write(Terminal terminal, IReadOnlyList<ControlAnswer> answers)
        => terminal.Output.WriteLine(JsonSerializer.Serialize(new RecentReportJson([.. answers.Select(Of)]), Context.RecentReportJson));

    private static RecentProxyJson Of(ControlAnswer answer) => new(
        answer.Process,
        answer.Urls,
        answer.Ready,
        answer.NotReady,
        answer.Failures is { } failures ? [.. failures.Select(Of)] : null,
        answer.Error);

    private static RecentFailureJson Of(OriginFailure failure) => new(
        failure.Origin,
        failure.Certificate,
        failure.Code,
        failure.Alert,
        failure.Alert is { } alert ? TlsAlerts.NameOf(alert) : null,
        failure.Detail,
        failure.Handshake,
        failure.Tls,
        failure.Next,
        failure.First.UtcDateTime,
        failure.Last.UtcDateTime,
        failure.Count);
}

/// <summary>One entry per proxy that runs with the store.</summary>
internal sealed record RecentReportJson(IReadOnlyList<RecentProxyJson> Proxies);

/// <summary>A proxy. <paramref name="Ready"/> is false when every route's certificate is unusable; <paramref name="Error"/> says why it gave no answer.</summary>
internal sealed record RecentProxyJson(int Process, IReadOnlyList<string> Urls, bool? Ready, IReadOnlyList<string>? NotReady, IReadOnlyList<RecentFailureJson>? Failures, string? Error);

/// <summary>A failure and how often it was seen alike, the latest first.</summary>
internal sealed record RecentFailureJson(string Origin, string? MtlsCertificate, string Code, int? Alert, string? AlertName, string Detail, string? Handshake, HandshakeSummary? Tls, string? Next, DateTime First, DateTime Last, long Count);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecentReportJson))]
internal sealed partial class RecentJsonContext : JsonSerializerContext;
