using System.Text;
using Microsoft.Extensions.Logging;
using PipeProxy.Configuration;
using PipeProxy.Connections;
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
            ResponseBytes = exchange.Download.Bytes,
            Retried = exchange.Retried,
            FreshConnection = exchange.OpenedConnection,
        };
    }

    private void ReportFailure(Exchange exchange, Failure failure)
    {
        // A client's own mistakes are in the access log; at the operator's level they would drown what is the operator's.
        var level = failure.Outcome.Side == OutcomeSide.Client ? LogLevel.Debug : LogLevel.Warning;
        if (_options.Logger.IsEnabled(level))
        {
            LogFailure(
                _options.Logger,
                level,
                exchange.Status,
                failure.Outcome.Error,
                failure.Outcome.Stage,
                Encoding.ASCII.GetString(exchange.RequestId),
                exchange.Route ?? "-",
                exchange.Certificate ?? "-",
                failure.Detail,
                failure.Next ?? "");
        }
    }

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

        errors.Add(error);
        return null;
    }

    private async Task SwapAccessLogAsync(ProxyConfig config, AccessLogTap? opened)
    {
        var old = _accessLog;
        if (old is not null && config.AccessLog == old.Config)
        {
            if (old.Log.Reopen() is { } error)
            {
                LogRoute(_options.Logger, error.ToString());
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

    [LoggerMessage(Message = "{Status} {Error} at {Stage}, request {RequestId}, route {Route}, certificate {Certificate}: {Detail} {Next}")]
    private static partial void LogFailure(ILogger logger, LogLevel level, int status, string error, OutcomeStage stage, string requestId, string route, string certificate, string detail, string next);
}
