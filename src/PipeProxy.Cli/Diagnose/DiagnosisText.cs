using System.Globalization;
using PipeProxy.Cli.Output;
using PipeProxy.Diagnosis;

namespace PipeProxy.Cli.Diagnose;

/// <summary>A diagnosis as people read it: the steps as they end, what was found out, the cause, the next step. Fits the terminal's width.</summary>
internal sealed class DiagnosisText(Terminal terminal)
{
    private const int LabelWidth = 16;
    private const int TimeWidth = 9;

    // Result, label and time, with two spaces behind each.
    private const int StepIndent = 4 + 2 + LabelWidth + 2 + TimeWidth + 2;
    private const int FieldIndent = 2 + LabelWidth + 2;

    private bool _hasFields;

    /// <summary>What is looked into.</summary>
    public void WriteHead(DiagnosisRequest request)
    {
        var with = request.Certificate is { } certificate ? $" with client certificate '{certificate.Name}'" : " without a client certificate";
        terminal.Output.WriteLine($"{terminal.Paint(request.Url.ToString(), Color.Bold)}{with}");
        terminal.Output.WriteLine();
    }

    /// <summary>One step, when it has ended.</summary>
    public void WriteStep(DiagnosisStep step)
    {
        var (word, color) = step.Result switch
        {
            StepResult.Ok => ("ok  ", Color.Green),
            StepResult.Warning => ("look", Color.Yellow),
            StepResult.Failed => ("FAIL", Color.Red),
            _ => ("-   ", default(Color?)),
        };
        var time = step.Result == StepResult.Skipped ? "" : string.Create(CultureInfo.InvariantCulture, $"{step.Duration.TotalMilliseconds:0.0} ms");
        terminal.Output.Write(color is { } paint ? terminal.Paint(word, paint) : word);
        terminal.Output.Write($"  {LabelOf(step.Kind).PadRight(LabelWidth)}  {time,TimeWidth}  ");
        terminal.WriteWrapped(step.Detail, StepIndent);
    }

    /// <summary>Everything else.</summary>
    public void WriteFindings(DiagnosisReport report)
    {
        terminal.Output.WriteLine();
        WriteField("certificate", Requested(report));
        WriteField("accepted CAs", report.AcceptableIssuers switch
        {
            null => null,
            { Count: 0 } => "none named",
            var issuers => string.Join("\n", issuers),
        });
        WriteField(report.CertificateRequested == false || report.WithCertificate is null ? "not presented" : "presented", string.Join("\n", report.PresentedChain.Select(Describe)));
        if (report.OriginChain is { } chain)
        {
            WriteField("origin's chain", string.Join("\n", chain.Certificates.Select((certificate, i) => $"{Describe(certificate)}{(i < chain.Sent ? "" : " (not sent; from the trusted roots)")}")));
            WriteField(chain.Trusted ? "trusted" : "not trusted", chain.Why);
        }

        foreach (var note in report.Notes)
        {
            WriteField("note", note);
        }

        if (_hasFields)
        {
            terminal.Output.WriteLine();
        }

        WriteLabelled("cause:", report.Cause.Ok ? Color.Green : Color.Red, report.Cause.Sentence);
        if (report.Cause.AlbReason is { } reason)
        {
            WriteLabelled("ALB reason:", Color.Bold, $"{reason}, as its connection log would have it (tls_verify_status Failed:{reason})");
        }

        WriteLabelled("next:", Color.Bold, report.Cause.Next ?? (report.CertificateName is null ? "present a certificate with --mtls-certificate NAME, or use the URL as a route's baseUrl." : "'pipeproxy check --online' does this for every route."));
    }

    private static string? Requested(DiagnosisReport report) => report switch
    {
        { CertificateRequested: null } => null,
        { CertificateRequested: false } => "not asked for: mutual TLS is off on this listener, or this is another one",
        { CertificateRequired: true, RefusalWithoutCertificate: { } refusal } => $"asked for and required. Without one: {refusal}",
        { CertificateRequired: true } => "asked for and required",
        { CertificateRequired: false } => "asked for, but the connection lasts without one: passthrough, or optional",
        _ => "asked for",
    };

    private static string Describe(CertificateSummary certificate)
    {
        var names = certificate.Names.Count == 0 ? "" : $" for {string.Join(", ", certificate.Names)}";
        return string.Create(CultureInfo.InvariantCulture, $"{certificate.Subject}{names}, by {certificate.Issuer}, valid {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}");
    }

    private void WriteField(string label, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        _hasFields = true;
        foreach (var line in value.Split('\n'))
        {
            terminal.Output.Write($"  {label.PadRight(LabelWidth)}  ");
            terminal.WriteWrapped(line, FieldIndent);
            label = "";
        }
    }

    private void WriteLabelled(string label, Color color, string text)
    {
        terminal.Output.Write($"{terminal.Paint(label, color)} ");
        terminal.WriteWrapped(text, label.Length + 1);
    }

    private static string LabelOf(DiagnosisStepKind kind) => kind switch
    {
        DiagnosisStepKind.Dns => "DNS",
        DiagnosisStepKind.Tcp => "TCP",
        DiagnosisStepKind.TlsWithoutCertificate => "TLS without cert",
        DiagnosisStepKind.TlsWithCertificate => "TLS with cert",
        DiagnosisStepKind.FirstRead => "first read",
        _ => "GET",
    };
}
