using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using PipeProxy.Certificates;
using PipeProxy.Diagnosis;
using PipeProxy.Testing;

namespace PipeProxy.FailureMatrix;

/// <summary>What one failure came to: through the real proxy, and in a diagnosis.</summary>
/// <param name="Status">What the proxy's client got.</param>
/// <param name="ProxyStatus">Error and alert of the Proxy-Status field, or <c>-</c>.</param>
/// <param name="Code">The diagnosis's code of the cause.</param>
/// <param name="Sentence">Its sentence, with placeholders.</param>
internal sealed record Outcome(int Status, string ProxyStatus, string Code, string Sentence);

/// <summary>Sends a request through a proxy of its own, and asks for a diagnosis.</summary>
internal static partial class Play
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Outcome> RunAsync(string origin, string path, ClientCertificate? certificate, TimeSpan? handshake = null, bool resolve = true)
    {
        var config = TestProxy.Config(TestProxy.Route("/{*rest}", origin, certificate?.Name));
        config = config with { Timeouts = config.Timeouts with { Handshake = handshake ?? Patience } };
        await using var proxy = await TestProxy.StartAsync(config, certificate is null ? [] : [certificate]);
        var response = await proxy.GetAsync(path);
        var report = await OriginDiagnosis.RunAsync(Request(origin + path, certificate, handshake, resolve));
        return new Outcome(response.StatusCode, ProxyStatusOf(response["Proxy-Status"]), report.Cause.Code, Placeholders.In(report.Cause.Sentence));
    }

    public static DiagnosisRequest Request(string url, ClientCertificate? certificate, TimeSpan? handshake, bool resolve, string? rootPem = null)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(rootPem ?? TestCertificates.Root.CertificatePem);
        return new DiagnosisRequest
        {
            Url = new Uri(url),
            Certificate = certificate,
            TrustedRoots = roots,
            TrustedRootsName = "root.pem",
            Addresses = resolve ? ["127.0.0.1"] : null,
            ConnectTimeout = Patience,
            HandshakeTimeout = handshake ?? Patience,
            ResponseTimeout = Patience,
        };
    }

    // RFC 9209: "pipeproxy; error=tls_alert_received; alert-id=48; ...".
    private static string ProxyStatusOf(string? field)
    {
        if (field is null || ErrorPattern().Match(field) is not { Success: true } error)
        {
            return "-";
        }

        return AlertPattern().Match(field) is { Success: true } alert ? $"{error.Groups[1].Value}; {alert.Value}" : error.Groups[1].Value;
    }

    [GeneratedRegex("error=([a-z_]+)")]
    private static partial Regex ErrorPattern();

    [GeneratedRegex("alert-id=[0-9]+")]
    private static partial Regex AlertPattern();
}

/// <summary>What differs from run to run, replaced by what does not.</summary>
internal static partial class Placeholders
{
    public static string In(string text)
    {
        text = Moments().Replace(text, "YYYY-MM-DD HH:MM UTC");
        text = Dates().Replace(text, "YYYY-MM-DD");
        text = Ports().Replace(text, "$1:PORT");
        text = Sizes().Replace(text, "NNNNN bytes");

        // In the column of times the width stays.
        return Times().Replace(text, static match => match.Groups[1].Length > 1 ? "N.N ms".PadLeft(match.Length) : $"{match.Groups[1].Value}N.N ms");
    }

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC")]
    private static partial Regex Moments();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    private static partial Regex Dates();

    [GeneratedRegex(@"(localhost|127\.0\.0\.1):[0-9]+")]
    private static partial Regex Ports();

    [GeneratedRegex("[0-9]{5} bytes")]
    private static partial Regex Sizes();

    [GeneratedRegex("( *)[0-9]+\\.[0-9] ms")]
    private static partial Regex Times();
}
