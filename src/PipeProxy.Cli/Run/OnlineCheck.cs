using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;
using PipeProxy.Diagnosis;

namespace PipeProxy.Cli.Run;

/// <summary><c>check --online</c>: goes the way to every origin that the routes lead to, under each certificate that they present there.</summary>
internal static class OnlineCheck
{
    private const int AtATime = 8;
    private const string TurnItOn = "Turn mutual TLS on there (an ALB: verify with trust store), or drop mtlsCertificate from the route; requireCertificateRequest makes this a 522.";

    /// <summary>Looks into all of them; one line each on the terminal.</summary>
    /// <returns>What is wrong, each at the place of the first route that it concerns.</returns>
    public static async Task<IReadOnlyList<ConfigurationError>> RunAsync(Terminal terminal, ProxyConfig config, ICertificateSource certificates)
    {
        using var places = new SemaphoreSlim(AtATime);
        var origins = ReverseProxy.OriginsOf(config, certificates);
        var running = origins.Select(origin => DiagnoseAsync(origin.Request, places)).ToList();
        var errors = new List<ConfigurationError>();
        for (var i = 0; i < origins.Count; i++)
        {
            var report = await running[i];
            Write(terminal, origins[i], report);
            if (ErrorOf(origins[i], report) is { } error)
            {
                errors.Add(error);
            }
        }

        return errors;
    }

    private static async Task<DiagnosisReport> DiagnoseAsync(DiagnosisRequest request, SemaphoreSlim places)
    {
        await places.WaitAsync();
        try
        {
            return await OriginDiagnosis.RunAsync(request);
        }
        finally
        {
            places.Release();
        }
    }

    private static void Write(Terminal terminal, OriginCheck origin, DiagnosisReport report)
    {
        var (word, color) = IsNotAsked(report) ? ("look:", Color.Yellow) : report.Cause.Ok ? ("ok:", Color.Green) : IsRoutesOwn(report) ? ("look:", Color.Yellow) : ("failed:", Color.Red);
        var with = report.CertificateName is { } name ? $" with '{name}'" : "";
        var milliseconds = report.Steps.Sum(static step => step.Duration.TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture);
        terminal.Output.WriteLine($"online: {Origin(origin)}{with} ({ConfigurationReport.Plural(origin.Routes.Count, "route")}, {milliseconds} ms) {terminal.Paint(word, color)} {Terminal.Plain(report.Cause.Sentence)}");
    }

    private static ConfigurationError? ErrorOf(OriginCheck origin, DiagnosisReport report)
    {
        if (report.Cause.Ok && !IsNotAsked(report))
        {
            return null;
        }

        var first = origin.Routes[0];
        var setting = (report.CertificateName is null ? first.TargetSource : first.MtlsCertificateSource ?? first.TargetSource) ?? new SettingSource(first.Source, $"route '{first.Name}'", Origin(origin));
        var also = origin.Routes.Count == 1 ? "" : $" The same for {string.Join(", ", origin.Routes.Skip(1).Select(static route => route.Name))}.";
        var reason = report.Cause.AlbReason is { } alb ? $" An ALB's connection log would say {alb}." : "";
        return setting.Error($"{Origin(origin)}: {report.Cause.Sentence}{reason} {(IsNotAsked(report) ? TurnItOn : report.Cause.Next)}{also}", IsRoutesOwn(report) || IsNotAsked(report) ? ErrorSeverity.Warning : ErrorSeverity.Route);
    }

    // A 403 to GET / need not be one to the routes' own paths: TLS is in order, and that is what is checked.
    private static bool IsRoutesOwn(DiagnosisReport report) => report.Cause.Code == "forbidden";

    // Requests get through without the identity that their route names; what runs warns of it as well.
    private static bool IsNotAsked(DiagnosisReport report) => report.Cause.Ok && report is { CertificateName: not null, CertificateRequested: false };

    private static string Origin(OriginCheck origin) => origin.Request.Url.GetLeftPart(UriPartial.Authority);
}
