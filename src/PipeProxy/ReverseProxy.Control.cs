using Microsoft.Extensions.Logging;
using PipeProxy.Control;

namespace PipeProxy;

/// <content>What commands are told by the proxy's socket in the store.</content>
public sealed partial class ReverseProxy
{
    private static readonly TimeSpan LongestControlWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ControlLook = TimeSpan.FromMilliseconds(20);

    private ControlSocket? _control;
    private string? _controlProblem;

    // The store's folder may be made only after the start; the caller holds the turn.
    private void OpenControl()
    {
        if (_control is not null || !_options.ControlSocket || _certificates.Store is not { } store || !Directory.Exists(store.Folder))
        {
            return;
        }

        _control = ControlSocket.TryOpen(store.Folder, AnswerAsync, out var problem);
        if (_control is null && _controlProblem != problem)
        {
            _controlProblem = problem;
            LogNoControl(_options.Logger, store.Folder, problem);
        }
    }

    private async Task<ControlAnswer> AnswerAsync(ControlRequest request, CancellationToken stopped)
    {
        var answer = new ControlAnswer { Process = Environment.ProcessId, Urls = Urls };
        switch (request)
        {
            case { Command: ControlCommand.Recent }:
                var readiness = Readiness;
                return answer with { Failures = RecentFailures, Ready = readiness.IsReady, NotReady = readiness.Problems };
            case { Command: ControlCommand.Usage, Certificate: { } name }:
                await _turn.WaitAsync(stopped).ConfigureAwait(false);
                try
                {
                    return answer with { Routes = RoutesOf(name), Problem = _inForce.Of(name)?.ExplainAt(_options.Time.GetUtcNow(), _config.EnvironmentType) };
                }
                finally
                {
                    _turn.Release();
                }

            case { Command: ControlCommand.Settle, Certificate: { } name }:
                var (rotation, unreadable) = await SettleAsync(name).WaitAsync(stopped).ConfigureAwait(false);
                if (unreadable is not null)
                {
                    return answer with { Unreadable = unreadable };
                }

                await WaitUntilGoneAsync(name, TimeSpan.FromMilliseconds(Math.Clamp(request.WaitMilliseconds, 0, LongestControlWait.TotalMilliseconds)), stopped).ConfigureAwait(false);
                await _turn.WaitAsync(stopped).ConfigureAwait(false);
                try
                {
                    var certificate = _inForce.Of(name);
                    return answer with
                    {
                        InForce = certificate?.Version,
                        Problem = certificate?.ExplainAt(_options.Time.GetUtcNow(), _config.EnvironmentType),
                        Routes = RoutesOf(name),
                        Rotation = rotation,
                        Leaving = _pool.ConnectionsLeaving(name),
                    };
                }
                finally
                {
                    _turn.Release();
                }

            default:
                return ControlSocket.Refusal($"this proxy does not know the command '{request.Command}'; use the same release for both");
        }
    }

    private IReadOnlyList<string> RoutesOf(string certificate)
        => [.. Config.Routes.Where(route => route.Handler.MtlsCertificate == certificate).Select(static route => route.Name).Distinct()];

    // Connections end on their loops; nobody tells when the last one does.
    private async Task WaitUntilGoneAsync(string certificate, TimeSpan patience, CancellationToken stopped)
    {
        var start = _options.Time.GetTimestamp();
        while (_pool.ConnectionsLeaving(certificate) > 0 && _options.Time.GetElapsedTime(start) < patience)
        {
            await Task.Delay(ControlLook, _options.Time, stopped).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Commands cannot ask this proxy what becomes of a change, as there is no socket in {Folder}: {Problem}. Changes are noticed all the same.")]
    private static partial void LogNoControl(ILogger logger, string folder, string problem);
}
