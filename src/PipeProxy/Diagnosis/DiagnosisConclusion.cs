using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Telemetry;

namespace PipeProxy.Diagnosis;

/// <summary>From what was seen to one sentence of cause. Does no I/O: the same report always comes to the same.</summary>
internal static class DiagnosisConclusion
{
    // What nginx answers with 400 after a handshake that it let end: its own words for error_page 495 and 496.

    /// <summary>Fills cause and notes in.</summary>
    internal static DiagnosisReport Conclude(DiagnosisReport report, DiagnosisRequest request)
    {
        var cause = CauseOf(report, request);
        var now = request.Time.GetUtcNow();
        return report with
        {
            Cause = cause.Ok && request.Certificate is { } certificate && WhyUnusable(certificate, now) is { } what ? Unusable(cause, what, certificate, now) : cause,
            Notes = NotesOf(report, request),
        };
    }

    private static DiagnosisCause CauseOf(DiagnosisReport report, DiagnosisRequest request)
    {
        if (report.Failure is { } failure)
        {
            return CauseOf(failure, report, request);
        }

        if (report.Answer is not { } answer)
        {
            return report.Cause;
        }

        if (request.Certificate is not null && report.CertificateRequested == false && request.RequireCertificateRequest)
        {
            return NotRequested(report, answer);
        }

        return answer switch
        {
            { Status: 400, Excerpt: { } excerpt } when excerpt.Contains(NginxErrorPage.CertificateMissing, StringComparison.Ordinal) || excerpt.Contains(NginxErrorPage.CertificateRefused, StringComparison.Ordinal) => RefusedInHttp(report, request, excerpt),
            { Status: 403 } => Forbidden(report, answer),
            _ => Accepted(report, answer),
        };
    }

    // It was shown to see what the origin says; the proxy shows it to nobody, so no request gets through under it.
    private static DiagnosisCause Unusable(DiagnosisCause accepted, string what, ClientCertificate certificate, DateTimeOffset now) => new(
        "certificate_unusable",
        Ok: false,
        $"{accepted.Sentence.TrimEnd('.')}, but '{certificate.Name}' {what}, so pipeproxy run answers 522 and does not present it.",
        null,
        !certificate.Enabled ? $"Switch it on: pipeproxy mtls-certificate enable --name {certificate.Name}"
            : now < certificate.NotBefore ? "Wait until it is valid, or check this system's clock."
            : $"Replace it: pipeproxy mtls-certificate update --name {certificate.Name} --cert FILE --key FILE");

    private static string? WhyUnusable(ClientCertificate certificate, DateTimeOffset now)
        => !certificate.Enabled ? "is disabled"
            : now > certificate.NotAfter ? "has expired"
            : now < certificate.NotBefore ? "is not valid yet"
            : null;

    private static DiagnosisCause CauseOf(Failure failure, DiagnosisReport report, DiagnosisRequest request)
    {
        var isRefusal = failure.Outcome == Outcome.TlsAlertReceived || failure.Outcome == Outcome.HandshakeTerminated || failure.Outcome == Outcome.ClosedUnconfirmed;
        if (failure.Alert is 40 or 71 && (report.WithCertificate ?? report.WithoutCertificate) is { Protocol: null } offered)
        {
            return new DiagnosisCause(
                failure.Outcome.Name,
                Ok: false,
                $"{failure.Detail.TrimEnd('.')}, before a version and a cipher suite were agreed on: it takes nothing of what was offered.",
                null,
                $"Look at the TLS versions, cipher suites and groups that the origin allows (an ALB: the listener's security policy); offered were {string.Join(", ", offered.OfferedVersions)} with the groups {string.Join(", ", offered.OfferedGroups)}.");
        }

        if (!isRefusal || report.CertificateRequested != true)
        {
            return new DiagnosisCause(failure.Outcome.Name, Ok: false, Explain(failure, report), null, failure.Next);
        }

        if (request.Certificate is not { } certificate)
        {
            return new DiagnosisCause(
                "certificate_required",
                Ok: false,
                $"The origin demands a client certificate and none was presented: {Clause(failure.Detail)}.",
                AlbReason.UnmappedConnectionError,
                "Say which one to present: --mtls-certificate NAME here, mtlsCertificate on the route.");
        }

        var prediction = AlbReasonPrediction.Of(certificate, failure.Alert, report.AcceptableIssuers, request.Time.GetUtcNow());
        var how = failure.Alert is { } alert
            ? $"with alert {alert.ToString(CultureInfo.InvariantCulture)} ({TlsAlerts.NameOf(alert)}) {(failure.Outcome == Outcome.TlsAlertReceived && report.Steps.Any(static step => step is { Kind: DiagnosisStepKind.FirstRead, Result: StepResult.Failed }) ? "after the handshake" : "in the handshake")}"
            : "by ending the connection without an alert";
        return new DiagnosisCause("certificate_refused", Ok: false, $"The origin refused the client certificate '{certificate.Name}' {how}: {prediction.Because}.", prediction.Reason, prediction.Next);
    }

    // An end that is not about our certificate, since none was asked for.
    private static string Explain(Failure failure, DiagnosisReport report)
        => failure.Outcome == Outcome.ClosedUnconfirmed && report.CertificateRequested == false
            ? $"{failure.Detail.TrimEnd('.')}; it had asked for no client certificate, so that is not the reason."
            : failure.Detail;

    private static DiagnosisCause NotRequested(DiagnosisReport report, HttpAnswer answer) => new(
        "certificate_not_requested",
        Ok: false,
        $"The origin never asked for a client certificate, so '{report.CertificateName}' was not sent; it answered {Status(answer)} to a client that it cannot know.",
        null,
        "Turn mutual TLS on there (an ALB: mutual authentication 'verify with trust store' on this listener; check that port and name lead to it), or drop mtlsCertificate from the route.");

    private static DiagnosisCause RefusedInHttp(DiagnosisReport report, DiagnosisRequest request, string excerpt)
    {
        if (request.Certificate is not { } certificate || report.CertificateRequested == false)
        {
            return new DiagnosisCause(
                "certificate_required",
                Ok: false,
                $"The origin (nginx) let the handshake without a certificate end and answered 400 \"{NginxErrorPage.CertificateMissing}\": it demands one.",
                null,
                "Say which one to present: --mtls-certificate NAME here, mtlsCertificate on the route.");
        }

        if (excerpt.Contains(NginxErrorPage.CertificateMissing, StringComparison.Ordinal))
        {
            return new DiagnosisCause(
                "certificate_refused_in_http",
                Ok: false,
                $"The origin (nginx) asked for a certificate, was presented '{certificate.Name}', and answers 400 \"{NginxErrorPage.CertificateMissing}\": what it answers for got none, such as a server behind it or one chosen by another name.",
                null,
                "See which server block answers for this host, and whether another proxy stands between it and here.");
        }

        var prediction = AlbReasonPrediction.Of(certificate, null, report.AcceptableIssuers, request.Time.GetUtcNow());
        return new DiagnosisCause(
            "certificate_refused_in_http",
            Ok: false,
            $"The origin (nginx) asked for a certificate, got '{certificate.Name}' ({certificate.Leaf.Subject}), did not refuse it in TLS, and answers 400 \"{NginxErrorPage.CertificateRefused}\": {prediction.Because}.",
            prediction.Reason,
            $"{prediction.Next} nginx tells the reason in its error log at level info (\"client SSL certificate verify error\"); look at ssl_client_certificate and ssl_verify_depth, too.");
    }

    // The ALB's own answers name it; its targets' do not.
    private static DiagnosisCause Forbidden(DiagnosisReport report, HttpAnswer answer)
    {
        var byAlb = answer.Server?.StartsWith("awselb", StringComparison.OrdinalIgnoreCase) == true;
        var (sentence, next) = report switch
        {
            { CertificateName: null } => ("The origin answered 403; no certificate was to be presented.", "Look at the origin's access rules; with --mtls-certificate NAME the certificate's part in it is seen."),
            { CertificateRequested: false } => (
                $"The origin never asked for a client certificate, so '{report.CertificateName}' was not sent, and answered 403.",
                "Turn mutual TLS on there, or look at what else the target checks: it has seen no certificate."),
            { CertificateRequired: true } when byAlb => (
                $"The origin asked for a certificate, got {Presented(report)} and did not refuse it in TLS; the 403 is the load balancer's own (Server: {answer.Server}).",
                "Look at AWS WAF and the listener's rules (fixed responses, authentication)."),
            { CertificateRequired: true } => (
                $"The origin asked for a certificate, got {Presented(report)} and did not refuse it in TLS, while it refuses clients without one (verify mode); the 403 comes from behind TLS.",
                "Look at AWS WAF and the listener's rules, then at the target's own access rules."),
            _ => (
                $"The origin asked for a certificate, got {Presented(report)} and did not refuse it in TLS, and lets clients without one through TLS as well (passthrough, or optional); the 403 is the target's own check.",
                "Look at what the target makes of the certificate (X-Amzn-Mtls-Clientcert); an ALB should be in verify mode, not passthrough."),
        };
        return new DiagnosisCause("forbidden", Ok: false, sentence, null, next);
    }

    private static DiagnosisCause Accepted(DiagnosisReport report, HttpAnswer answer)
    {
        var sentence = report switch
        {
            { CertificateName: null, CertificateRequested: true } => $"The origin asks for a client certificate, does not insist on one, and answered {Status(answer)}.",
            { CertificateName: null } => $"The origin asks for no client certificate and answered {Status(answer)}.",
            { CertificateRequested: false } => $"The origin never asked for a client certificate, so '{report.CertificateName}' was not sent, and answered {Status(answer)}.",
            { CertificateRequested: null } => $"The origin answered {Status(answer)}; whether it asked for the certificate '{report.CertificateName}' cannot be told.",
            _ => $"The origin asked for a client certificate, took '{report.CertificateName}' and answered {Status(answer)}.",
        };
        var next = answer switch
        {
            { Status: 502 or 503 or 504 } when answer.Server?.StartsWith("awselb", StringComparison.OrdinalIgnoreCase) == true => "TLS is in order; look at the ALB's target group: no healthy target answers.",
            { Status: >= 500 } => "TLS is in order; look at what stands behind it.",
            { Status: 404 or 401 } => "TLS is in order; the status is the target's answer to this path.",
            _ => null,
        };
        return new DiagnosisCause("accepted", Ok: true, sentence, null, next);
    }

    private static List<string> NotesOf(DiagnosisReport report, DiagnosisRequest request)
    {
        var notes = new List<string>();
        if (request.Certificate is { } certificate)
        {
            var now = request.Time.GetUtcNow();
            if (WhyUnusable(certificate, now) is { } what)
            {
                notes.Add($"'{certificate.Name}' {what}: pipeproxy run would not present it and answer 522 (proxy_configuration_error); it is presented here to see what the origin says.");
            }

            notes.AddRange(CertificateLint.Check([certificate.Leaf, .. certificate.Intermediates], now)
                .Where(static finding => finding.Code is not ("expired" or "not-yet-valid"))
                .Select(static finding => finding.Message));
        }

        if (report.IssuerAdvertised == false)
        {
            notes.Add($"The origin advertises that it accepts certificates of {string.Join(", ", report.AcceptableIssuers!)}; the chain presented leads to {report.PresentedChain[^1].Issuer}.");
        }

        if (report is { CertificateRequested: true, CertificateRequired: false } && request.Certificate is not null)
        {
            notes.Add("The origin asks for a certificate and lets clients without one through TLS as well: passthrough mode (ALB), ssl_verify_client optional or on (nginx), verify optional (HAProxy). Whatever checks certificates there does so behind TLS.");
        }

        if (report is { CertificateName: not null, CertificateRequested: false } && !request.RequireCertificateRequest)
        {
            notes.Add("No certificate was asked for: mutual TLS is off there.");
        }

        if (report.Steps.Any(static step => step is { Kind: DiagnosisStepKind.Tcp, Result: StepResult.Warning }))
        {
            notes.Add("Not every address takes connections; the proxy tries the next one, which costs time.");
        }

        return notes;
    }

    private static string Presented(DiagnosisReport report) => $"'{report.CertificateName}' ({report.PresentedChain[0].Subject})";

    private static string Status(HttpAnswer answer) => $"{answer.Status.ToString(CultureInfo.InvariantCulture)} {answer.Reason}".TrimEnd();

    // A sentence as the end of another one.
    private static string Clause(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');
}
