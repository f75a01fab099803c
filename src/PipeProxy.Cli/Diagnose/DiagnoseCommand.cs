using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Cli.MtlsCertificate;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;
using PipeProxy.Diagnosis;

namespace PipeProxy.Cli.Diagnose;

/// <summary><c>diagnose</c>: goes the way to an origin once and says in one sentence why it ends where it ends.</summary>
internal static class DiagnoseCommand
{
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1);

    public static Command Create()
    {
        var url = new Argument<Uri?>("URL") { Description = "The origin: https://HOST[:PORT], with a path if GET should ask for one.", HelpName = "https://HOST[:PORT]", Arity = ArgumentArity.ZeroOrOne, CustomParser = ReadUrl };
        var recent = new Option<bool>("--recent") { Description = "Instead of a URL: the last failures towards origins, as the proxies that run with the store remember them." };
        var certificate = new Option<string?>("--mtls-certificate") { Description = "Name of the client certificate to present, as in a route.", HelpName = "NAME" };
        var config = new Option<string?>("--config") { Description = "Configuration whose certificates may be named too. Default: ./pipeproxy.json when it exists.", HelpName = "FILE" };
        var trustedCa = new Option<string?>("--trusted-ca") { Description = "PEM file that replaces the system's roots when the origin is verified.", HelpName = "FILE" };
        var serverName = new Option<string?>("--server-name") { Description = "Name to send (SNI) and to find in the origin's certificate. Default: the URL's host.", HelpName = "NAME" };
        var timeout = new Option<TimeSpan?>("--timeout") { Description = "Bound on each wait: DNS, connect, handshake, answer. Default: 5s, for the answer 10s.", HelpName = "DURATION", CustomParser = ReadDuration };
        var command = new ExampleCommand("diagnose", "Go the way to an origin once, step by step, and say why it ends where it ends.")
        {
            Arguments = { url },
            Remarks =
            [
                "Steps: DNS, TCP, TLS without a certificate, TLS with it, first read, GET. The request is sent only over the connection that presents the certificate.",
                "Exit codes: 0 requests get through, 1 they do not (the cause is told), 2 usage. With --recent: 0 a running proxy answered, 1 none did.",
            ],
            Examples =
            [
                "pipeproxy diagnose https://my-alb.example --mtls-certificate aws-alb-cert",
                "pipeproxy diagnose https://localhost:8443/status/403 --mtls-certificate aws-alb-cert --trusted-ca certs/root-cert.pem",
                "pipeproxy diagnose https://my-alb.example --mtls-certificate aws-alb-cert --store /var/lib/pipeproxy/certificates --output json",
                "pipeproxy diagnose --recent",
            ],
        };
        command.Options.Add(certificate);
        foreach (var option in CertificateOptions.OfGroup())
        {
            command.Options.Add(option);
        }

        command.Options.Add(recent);
        command.Options.Add(config);
        command.Options.Add(trustedCa);
        command.Options.Add(serverName);
        command.Options.Add(timeout);
        command.Validators.Add(result =>
        {
            if (result.GetResult(url) is { Tokens.Count: > 0 } == result.GetResult(recent) is { Implicit: false })
            {
                result.AddError("diagnose takes the URL of an origin, or --recent.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(recent))
            {
                return (int)await RecentFailures.RunAsync(Terminal.Of(parsed), CertificateOptions.OpenStore(parsed), CertificateOptions.WantsJson(parsed), cancellationToken);
            }

            var request = new DiagnosisRequest
            {
                Url = parsed.GetRequiredValue(url)!,
                Certificate = parsed.GetValue(certificate) is { } name ? Find(CertificateOptions.OpenStore(parsed), name, parsed.GetValue(config)) : null,
                TrustedRoots = parsed.GetValue(trustedCa) is { } file ? TrustedRoots.Read(file) : null,
                TrustedRootsName = parsed.GetValue(trustedCa),
                ServerName = parsed.GetValue(serverName),
            };
            if (parsed.GetValue(timeout) is { } bound)
            {
                request = request with { ConnectTimeout = bound, HandshakeTimeout = bound, ResponseTimeout = bound };
            }

            return (int)await RunAsync(Terminal.Of(parsed), request, CertificateOptions.WantsJson(parsed));
        });
        return command;
    }

    private static async Task<ExitCode> RunAsync(Terminal terminal, DiagnosisRequest request, bool json)
    {
        DiagnosisReport report;
        if (json)
        {
            report = await OriginDiagnosis.RunAsync(request);
            DiagnosisJson.Write(terminal, report);
        }
        else
        {
            var text = new DiagnosisText(terminal);
            text.WriteHead(request);
            report = await OriginDiagnosis.RunAsync(request, text.WriteStep);
            text.WriteFindings(report);
        }

        return report.Cause.Ok ? ExitCode.Done : ExitCode.Failed;
    }

    private static ClientCertificate Find(CertificateStore store, string name, string? configFile)
    {
        if (store.Load().Certificates.TryGetValue(name, out var certificate))
        {
            return certificate;
        }

        if (FindConfigured(name, configFile) is { } configured)
        {
            return configured;
        }

        // Says why: unknown, damaged, or a passphrase is missing.
        using var pair = store.Open(name);
        throw new CertificateException($"The certificate '{name}' in {store.Folder} cannot be used.", $"pipeproxy mtls-certificate lint --name {name}");
    }

    private static ClientCertificate? FindConfigured(string name, string? configFile)
    {
        var loaded = ConfigurationLoader.Load(new ConfigurationOverrides { ConfigFile = configFile, AllowUnsupported = true });
        if (loaded.Config is not { } config)
        {
            // Without --config nobody said that there is one.
            return configFile is null ? null : throw new CertificateException($"The configuration {configFile} cannot be read.", $"See what is wrong with it: pipeproxy check --config {configFile}");
        }

        if (config.Certificates.All(certificate => certificate.Name != name))
        {
            return null;
        }

        var set = ReverseProxy.CertificatesOf(config, new InMemoryCertificateSource());
        return set.Certificates.TryGetValue(name, out var certificate)
            ? certificate
            : throw new CertificateException($"The certificate '{name}' of the configuration {set.Errors.First(error => error.Setting == $"certificates.{name}").Message}");
    }

    private static Uri? ReadUrl(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.Host.Length > 0 && url.UserInfo.Length == 0)
        {
            return url;
        }

        result.AddError($"URL takes https://HOST[:PORT], not '{text}'.");
        return null;
    }

    private static TimeSpan? ReadDuration(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        TimeSpan? duration = digits > 0 && int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? text[digits..] switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                _ => null,
            }
            : null;
        if (duration >= ShortestTimeout && duration <= TimeSpan.FromHours(1))
        {
            return duration;
        }

        result.AddError($"--timeout takes a duration such as 500ms, 5s or 1m, not '{text}'.");
        return null;
    }
}
