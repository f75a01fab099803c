using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Results;

/// <summary>The <c>options</c> of a result: what makes two runs comparable. Field values and bodies stay out, they may be secret or large.</summary>
internal static class OptionsReport
{
    internal static void Write(Utf8JsonWriter json, LoadPlan plan)
    {
        json.WriteStartObject("options");
        json.WriteStartArray("targets");
        foreach (var target in plan.Targets)
        {
            json.WriteStartObject();
            json.WriteString("url", target.Url.AbsoluteUri);
            json.WriteNumber("weight", target.Weight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("loop", plan.Rate is null ? "closed" : "open");
        json.WriteString("method", plan.Request.Method);
        json.WriteStartArray("headers");
        foreach (var (name, _) in plan.Request.Fields)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteNumber("bodyBytes", plan.Request.Body?.Length ?? 0);
        json.WriteBoolean("chunked", plan.Request.Chunked);
        json.WriteNumber("connections", plan.Connections);
        json.WriteNumber("threads", plan.Threads);
        Optional(json, "durationSeconds", plan.Duration?.TotalSeconds);
        Optional(json, "requests", plan.Requests);
        Optional(json, "rate", plan.Rate);
        json.WriteNumber("warmupSeconds", plan.Warmup.TotalSeconds);
        json.WriteNumber("requestsPerConnection", plan.RequestsPerConnection);
        json.WriteNumber("timeoutSeconds", plan.Timeout.TotalSeconds);
        json.WriteNumber("intervalSeconds", plan.Interval.TotalSeconds);
        json.WriteNumber("clientCertificates", plan.Tls.Identities.Count);
        json.WriteBoolean("rotateCertificates", plan.Tls.Rotate);
        json.WriteString("tls", plan.Tls.Protocols switch { SslProtocols.Tls12 => "1.2", SslProtocols.Tls13 => "1.3", _ => "any" });
        json.WriteBoolean("insecure", plan.Tls.Insecure);
        json.WriteBoolean("resume", plan.Tls.Resume);
        json.WriteString("serverName", plan.Tls.ServerName);
        json.WriteString("trustedRoots", plan.Tls.TrustedRoots is { } roots ? Fingerprint(roots) : null);
        json.WriteEndObject();
    }

    // Which roots, whatever file they were in and in whatever order.
    private static string Fingerprint(X509Certificate2Collection roots)
        => "sha256:" + Convert.ToHexStringLower(SHA256.HashData([.. roots.Select(static root => root.GetCertHashString(HashAlgorithmName.SHA256)).Distinct().Order(StringComparer.Ordinal).SelectMany(Convert.FromHexString)]));

    private static void Optional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
