namespace PipeProxy.Configuration;

/// <summary>Where and how each request is logged.</summary>
/// <param name="File">A path, or <c>-</c> for standard output.</param>
/// <param name="Format">JSON lines, or the combined format of Apache and nginx.</param>
public sealed record AccessLogConfig(string File, AccessLogFormat Format = AccessLogFormat.Json);

/// <summary>Format of the access log.</summary>
public enum AccessLogFormat
{
    /// <summary>One JSON object a line.</summary>
    Json,

    /// <summary>Combined log format.</summary>
    Combined,
}
