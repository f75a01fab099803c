using System.Text;
using Microsoft.Extensions.Logging;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Diagnosis;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy;

/// <content>What is told of each request: access log, duration, and a line in the operator's log when it failed.</content>
public sealed partial class ReverseProxy
{
    private volatile AccessLogTap? _accessLog;

    // On the request's loop, once for each request that ended.
    private void Report(Exchange exchange, EventLoop loop)
    {
        var elapsed = loop.Time.GetElapsedTime(exchange.StartedAt);
        if (_accessLog is { } log)
        {
            log.Buffers[loop.Index].TryWrite(EntryOf(exchange, elapsed, log.Config.Format == AccessLogFormat.Combined));
        }

        if (_metrics.Durations.Enabled)
        {
            _metrics.Durations.Record(elapsed.TotalSeconds, exchange.HasHead ? exchange.Request.MethodSpan : [], exchange.IsTls, exchange.Status, exchange.Route, exchange.Outcome);
        }

        if (exchange.Failure is { } failure)
        {
            ReportFailure(exchange, failure);
        }
        else if (exchange.Refusal != HttpRefusal.None)
        {
            ReportRefusal(exchange);
        }
    }

    private static AccessLogEntry EntryOf(Exchange exchange, TimeSpan elapsed, bool combined)
    {
        var head = exchange.HasHead ? exchange.Request : null;
        return new AccessLogEntry
        {
            RequestId = exchange.RequestId,
            ClientAddress = exchange.ClientAddress,
            Method = head is null ? [] : head.MethodSpan,
            Target = head is null ? [] : head.Target,
            MinorVersion = head?.MinorVersion ?? 1,
            Host = head is null ? [] : head.HostOrAuthority,
            UserAgent = head is null || !combined ? [] : head.Fields.ValueOf("user-agent"u8),
            Referer = head is null || !combined ? [] : head.Fields.ValueOf("referer"u8),
            Route = exchange.Route,
            Origin = exchange.Origin,
            Certificate = exchange.Certificate,
            Outcome = exchange.Outcome,
            Detail = exchange.Failure?.Detail,
            Alert = exchange.Failure?.Alert,
            Status = exchange.Status,
            DurationMilliseconds = elapsed.TotalMilliseconds,
            RequestBytes = exchange.Upload.Bytes,
            ResponseBytes = exchange.ResponseBytes,
            Retried = exchange.Retried,
            FreshConnection = exchange.OpenedConnection,
        };
    }

    private void ReportFailure(Exchange exchange, Failure failure)
    {
        // A client's own mistakes are in the access log; at the operator's level they would drown what is the operator's.
        var level = failure.Outcome.Side == OutcomeSide.Client ? LogLevel.Debug : LogLevel.Warning;
        var untold = 0L;
        FailureText? told = null;
        if (exchange.Origin is { } origin && (failure.Outcome.Stage is OutcomeStage.Dns or OutcomeStage.Connect or OutcomeStage.Tls || failure.Outcome == Outcome.DestinationUnavailable))
        {
            told = _failures.Record(origin, exchange.Certificate, failure.Outcome.Name, failure.Alert, static asked => asked.Proxy.Explain(asked.Origin, asked.Certificate, asked.Failure), (Proxy: this, Origin: origin, exchange.Certificate, Failure: failure), out untold);
            level = told is null ? LogLevel.Debug : level;
        }

        if (_options.Logger.IsEnabled(level))
        {
            var (detail, next, tls) = told ?? Explain(exchange.Origin, exchange.Certificate, failure);
            LogFailure(
                _options.Logger,
                level,
                exchange.Status,
                failure.Outcome.Error,
                failure.Outcome.Stage,
                Encoding.ASCII.GetString(exchange.RequestId),
                exchange.Route ?? "-",
                exchange.Certificate ?? "-",
                detail,
                next ?? "",
                failure.Outcome.Stage == OutcomeStage.Tls ? Handshake(tls) : "",
                Untold(untold));
        }
    }

    // What refused our certificate tells little; the certificate itself often shows the reason, and an operator has it before anybody else.
    private FailureText Explain(string? origin, string? certificate, Failure failure)
    {
        var tls = WithAuthorities(origin, failure.Tls);
        if (!failure.IsAboutOurCertificate || PresentedTo(origin, certificate) is not { } presented)
        {
            return new FailureText(failure.Detail, failure.Next, tls);
        }

        var predicted = AlbReasonPrediction.Of(presented, failure.Alert, tls?.AcceptableIssuers, _options.Time.GetUtcNow());
        return new FailureText($"{failure.Detail} What '{presented.Name}' shows: {predicted.Because}. An ALB calls that {predicted.Reason}.", predicted.Next, tls);
    }

    private ClientCertificate? PresentedTo(string? origin, string? certificate)
        => _dispatcher.Table.Targets.FirstOrDefault(target => target?.CertificateName == certificate && target?.Origin == origin)?.Binding.Certificate;

    // The handshake was fine, so nothing of this is an outcome; but whoever looks for the reason of a 403 looks at the certificate first.
    private void ReportRefusal(Exchange exchange)
    {
        var code = exchange.Refusal is HttpRefusal.CertificateMissing or HttpRefusal.CertificateRefused ? "certificate_refused_in_http" : "forbidden";
        if (_failures.Record(exchange.Origin!, exchange.Certificate, code, null, Describe, (Proxy: this, Exchange: exchange), out var untold) is (var detail, var next, var tls))
        {
            LogRefusal(_options.Logger, exchange.Status, exchange.Origin!, Encoding.ASCII.GetString(exchange.RequestId), exchange.Route ?? "-", exchange.Certificate ?? "-", detail, next ?? "", Handshake(tls), Untold(untold));
        }

        static FailureText Describe((ReverseProxy Proxy, Exchange Exchange) told)
        {
            var (detail, next) = Sentences(told);
            return new FailureText(detail, next, told.Proxy.WithAuthorities(told.Exchange.Origin, told.Exchange.RefusedHandshake?.Invoke()));
        }

        static (string, string?) Sentences((ReverseProxy Proxy, Exchange Exchange) told)
        {
            var name = told.Exchange.Certificate;
            var presented = told.Proxy.PresentedTo(told.Exchange.Origin, name) is { } certificate
                ? $"'{name}' ({certificate.Leaf.Subject})"
                : $"'{name}'";
            return told.Exchange.Refusal switch
            {
                HttpRefusal.CertificateMissing => ($"The origin (nginx) let the TLS handshake end, was presented {presented} if it asked, and says in HTTP that it got no certificate.", $"'pipeproxy diagnose {told.Exchange.Origin} --mtls-certificate {name}' tells whether it asks; then see which server block answers for this host."),
                HttpRefusal.CertificateRefused => ($"The origin (nginx) asked for a client certificate, got {presented}, did not refuse it in TLS, and refuses it in HTTP.", "Its error log at level info has the reason (client SSL certificate verify error): unknown authority, dates, ssl_verify_depth."),
                HttpRefusal.ForbiddenWithoutAsking => ($"The origin never asked for a client certificate, so {presented} was not sent: mutual TLS is off there.", "Turn it on (an ALB: verify with trust store), or look at what else answers 403 there."),
                HttpRefusal.Forbidden => ($"The session was resumed under {presented}; the origin did not refuse it in TLS.", "Look at AWS WAF and the listener's rules (verify mode), or at the target's own check (passthrough)."),
                _ => ($"The origin asked for a client certificate, got {presented} and did not refuse it in TLS; the 403 comes from behind.", $"Look at AWS WAF and the listener's rules (verify mode), or at the target's own check (passthrough); 'pipeproxy diagnose {told.Exchange.Origin} --mtls-certificate {name}' tells which mode it is."),
            };
        }
    }

    // In TLS 1.3 a handshake with a certificate does not show which authorities the origin accepts; a rotation's trial may have seen them.
    private HandshakeSummary? WithAuthorities(string? origin, HandshakeSummary? tls)
        => origin is not null && tls is { AcceptableIssuers: null, CertificateRequested: not false } && _advertised.TryGetValue(origin, out var known)
            ? tls with { AcceptableIssuers = known.Names, AcceptableIssuersSeen = known.Seen }
            : tls;

    private static string Handshake(HandshakeSummary? tls) => tls is null ? "" : $" Handshake: {tls}.";

    private static string Untold(long count) => count == 0 ? "" : $" ({count} more like this since the last line.)";

    // Null and no error: the log stays as it is, or there is to be none.
    private AccessLogTap? OpenAccessLog(ProxyConfig config, List<ConfigurationError> errors)
    {
        if (config.AccessLog is not { } wanted || wanted == _accessLog?.Config)
        {
            return null;
        }

        if (AccessLog.TryOpen(wanted, _options.AccessLogOutput, _options.Time, _options.Logger, out var log, out var error))
        {
            return new AccessLogTap(wanted, log, [.. _loops.Select(_ => log.ForLoop())]);
        }

        errors.Add(config.AccessLogSource?.Error(error.Message) ?? error);
        return null;
    }

    private async Task SwapAccessLogAsync(ProxyConfig config, AccessLogTap? opened)
    {
        var old = _accessLog;
        if (old is not null && config.AccessLog == old.Config)
        {
            if (old.Log.Reopen() is { } error)
            {
                LogRoute(_options.Logger, error.Text);
            }

            return;
        }

        _accessLog = opened;
        _metrics.Use(opened?.Log);
        if (old is not null)
        {
            await old.Log.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task CloseAccessLogAsync()
    {
        if (_accessLog is { } tap)
        {
            _accessLog = null;
            await tap.Log.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The access log in use, with each loop's buffer.</summary>
    private sealed record AccessLogTap(AccessLogConfig Config, AccessLog Log, AccessLogBuffer[] Buffers);

    [LoggerMessage(Message = "{Status} {Error} at {Stage}, request {RequestId}, route {Route}, certificate {Certificate}: {Detail} {Next}{Handshake}{Untold}")]
    private static partial void LogFailure(ILogger logger, LogLevel level, int status, string error, OutcomeStage stage, string requestId, string route, string certificate, string detail, string next, string handshake, string untold);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Status} from {Origin}, request {RequestId}, route {Route}, certificate {Certificate}: {Detail} {Next}{Handshake}{Untold}")]
    private static partial void LogRefusal(ILogger logger, int status, string origin, string requestId, string route, string certificate, string detail, string next, string handshake, string untold);
}
