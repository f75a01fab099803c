using Microsoft.Extensions.Logging;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <content>How a change of certificates is put in force: what origins have not seen is shown to them first, and requests go on under the version before.</content>
public sealed partial class ReverseProxy
{
    private const int TrialsAtATime = 8;
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly CertificatesInForce _inForce = new();
    private DateTimeOffset? _changesAt;

    // The last rotation under each name, for whoever asks later.
    private readonly Dictionary<string, CertificateRotation> _rotations = new(StringComparer.Ordinal);

    /// <summary>A certificate was replaced under its name, or was not because an origin refused it. Raised on a thread of the pool; must not throw.</summary>
    public event EventHandler<CertificateRotation>? Rotated;

    /// <summary>Reads the certificates now and waits until what has changed under <paramref name="name"/> is decided.</summary>
    /// <returns>The last rotation under that name; null when there has been none.</returns>
    internal async Task<CertificateRotation?> SettleAsync(string name)
    {
        await RebindAsync().ConfigureAwait(false);
        Task<CertificateRotation>? running;
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            running = _inForce.Trials.GetValueOrDefault(name)?.Ended;
            if (running is null)
            {
                return _rotations.GetValueOrDefault(name);
            }
        }
        finally
        {
            _turn.Release();
        }

        return await running.ConfigureAwait(false);
    }

    // Told on the source's own thread, which must not wait for a stop that waits for it.
    private void OnCertificatesChanged() => _ = RebindAsync();

    private async Task RebindAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_state == State.Running)
            {
                OpenControl();
                Rebind();
            }
        }
#pragma warning disable CA1031 // Nobody awaits this; what went wrong is told, and the certificates before stay in force.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ReportBug(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Certificates changed under an unchanged configuration; the caller holds the turn. One that cannot be read any more stays as it was;
    // that must not keep another from being disabled or replaced.
    private void Rebind()
    {
        var plan = PlanCertificates(_config);
        var certificates = plan.Effective;
        var errors = new List<ConfigurationError>();
        CertificateCheck.Run(_config, certificates, _options.Time.GetUtcNow(), errors);
        foreach (var target in _dispatcher.Table.Targets.OfType<UpstreamTarget>())
        {
            if (target.CertificateName is null || certificates.Certificates.ContainsKey(target.CertificateName))
            {
                target.Binding = _pool.Bind(target.Scheme, target.Host, target.Port, target.CertificateName, target.Config, _trust, certificates, _config.EnvironmentType);
            }
        }

        _pool.RetireAllBut(_dispatcher.Table.Targets.OfType<UpstreamTarget>().Select(static target => target.Binding));
        foreach (var error in errors)
        {
            LogChanged(_options.Logger, error);
        }

        CommitCertificates(plan);
        LogCertificates(_options.Logger, certificates.Certificates.Count);
    }

    // What is presented to somebody now: by the routes in force, also where another configuration is about to be.
    private RotationPlan PlanCertificates(ProxyConfig config)
        => _inForce.Plan(_certificates.Load(config.Certificates), _options.Time.GetUtcNow(), config.EnvironmentType, PresentedNames().Contains);

    private HashSet<string> PresentedNames()
        => _dispatcher.Table.Targets.OfType<UpstreamTarget>().Select(static target => target.CertificateName).OfType<string>().ToHashSet(StringComparer.Ordinal);

    private void CommitCertificates(RotationPlan plan)
    {
        _inForce.Commit(plan);
        UseExpiry(plan.Effective);
        foreach (var trial in plan.Begin)
        {
            Aside(() => TryAsync(trial));
        }

        _changesAt = plan.ChangesAt;
        WaitForValidity();
    }

    private void Aside(Func<Task> work)
    {
        if (_options.Simulated is { } simulated)
        {
            simulated.Aside(work);
        }
        else
        {
            _ = Task.Run(work);
        }
    }

    private void WaitForValidity()
    {
        // A clock that is set, or a machine that slept, must not make it wait for weeks.
        var wait = _changesAt - _options.Time.GetUtcNow();
        _validity.Change(
            wait is not { } left ? Timeout.InfiniteTimeSpan : left <= TimeSpan.Zero ? TimeSpan.FromSeconds(1) : left < LongestWait ? left + TimeSpan.FromMilliseconds(1) : LongestWait,
            Timeout.InfiniteTimeSpan);
    }

    private void OnValidity()
    {
        if (_changesAt <= _options.Time.GetUtcNow())
        {
            OnCertificatesChanged();
        }
        else
        {
            WaitForValidity();
        }
    }

    private async Task TryAsync(CertificateTrial trial)
    {
        try
        {
            var results = await ShowAsync(trial).ConfigureAwait(false);
            CertificateRotation rotation;
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                rotation = _inForce.Judge(trial, results);
                if (rotation.Outcome == RotationOutcome.Switched && _state == State.Running)
                {
                    Rebind();
                }

                rotation = _inForce.Confirm(trial, rotation, _options.Time.GetUtcNow(), _config.EnvironmentType, _state == State.Running && PresentedNames().Contains(rotation.Certificate));
                _rotations[rotation.Certificate] = rotation;
            }
            finally
            {
                _turn.Release();
            }

            if (rotation.Outcome == RotationOutcome.RolledBack)
            {
                MarkRefused(trial.Candidate, rotation);
            }

            Tell(rotation);
            trial.End(rotation);
            Rotated?.Invoke(this, rotation);
        }
#pragma warning disable CA1031 // Nobody awaits this; the certificate before stays in force.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ReportBug(e);
            trial.End(new CertificateRotation(trial.Candidate.Name, trial.Before.Version, trial.Candidate.Version, RotationOutcome.Superseded, []));
        }
    }

    // Every origin that routes reach under this name, side by side.
    private async Task<IReadOnlyList<CanaryResult>> ShowAsync(CertificateTrial trial)
    {
        var targets = _dispatcher.Table.Targets.OfType<UpstreamTarget>()
            .Where(target => target.Scheme == "https" && target.CertificateName == trial.Candidate.Name)
            .Distinct().OrderBy(static target => target.Origin, StringComparer.Ordinal).ToArray();
        var trust = _trust;
        var results = new List<CanaryResult>(targets.Length);

        // Complete on a loop, which is no place to go on from; a simulation has nowhere else.
        var leaving = _options.Simulated is null ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None;
        foreach (var some in targets.Index().Chunk(TrialsAtATime))
        {
            var shown = Task.WhenAll(some.Select(item => new OriginCanary(_pool, item.Item, trial.Candidate, trust).RunAsync(_loops[item.Index % _loops.Length])));
            await shown.ConfigureAwait(leaving);
            results.AddRange(await shown.ConfigureAwait(false));
        }

        return results;
    }

    private void MarkRefused(ClientCertificate candidate, CertificateRotation rotation)
    {
        try
        {
            _certificates.OnRefused(candidate, string.Join(" ", rotation.Origins.Where(static origin => origin.Verdict == CanaryVerdict.Refused).Select(static origin => $"{origin.Origin}: {origin.Detail}")));
        }
        catch (CertificateException e)
        {
            LogNotMarked(_options.Logger, candidate.Name, candidate.Version, e.Message);
        }
    }

    private void Tell(CertificateRotation rotation)
    {
        foreach (var origin in rotation.Origins)
        {
            if (origin.UnacceptedIssuers is { } issuers)
            {
                LogMismatch(_options.Logger, origin.Origin, rotation.Certificate, rotation.ToVersion, string.Join("; ", origin.AcceptableAuthorities!), string.Join("; ", issuers));
            }
        }

        var verdicts = rotation.Origins.Count == 0 ? "no origin was asked" : string.Join("; ", rotation.Origins.Select(static origin => $"{origin.Origin} {Word(origin.Verdict)}"));
        switch (rotation.Outcome)
        {
            case RotationOutcome.RolledBack:
                var refused = rotation.Origins.First(static origin => origin.Verdict == CanaryVerdict.Refused);
                LogRolledBack(_options.Logger, rotation.Certificate, rotation.ToVersion, refused.Origin, refused.Detail, rotation.FromVersion, refused.Next ?? "", verdicts);
                break;
            case RotationOutcome.Switched when rotation.Origins.All(static origin => origin.Verdict == CanaryVerdict.Accepted):
                LogRotated(_options.Logger, LogLevel.Information, rotation.Certificate, rotation.FromVersion, rotation.ToVersion, verdicts);
                break;
            case RotationOutcome.Switched:
                LogRotated(_options.Logger, LogLevel.Warning, rotation.Certificate, rotation.FromVersion, rotation.ToVersion, $"{verdicts}. {string.Join(" ", rotation.Origins.Where(static origin => origin.Verdict != CanaryVerdict.Accepted).Select(static origin => origin.Detail))}");
                break;
            default:
                LogSuperseded(_options.Logger, rotation.Certificate, rotation.FromVersion, rotation.ToVersion, verdicts);
                break;
        }
    }

    private static string Word(CanaryVerdict verdict) => verdict.ToString().ToLowerInvariant();

    // The gauge shows every certificate; the log speaks of those that routes present.
    private void UseExpiry(CertificateSet certificates)
    {
        var all = certificates.Certificates.Values.Select(static certificate => new CertificateExpiry(certificate.Name, certificate.NotAfter)).ToList();
        var used = _config.Routes.Select(static route => route.Handler.MtlsCertificate).ToHashSet();
        _metrics.Use(all);
        _expiry.Use([.. all.Where(certificate => used.Contains(certificate.Name))]);
    }

    private static void LogChanged(ILogger logger, ConfigurationError error)
    {
        switch (error.Severity)
        {
            case ErrorSeverity.Error:
                LogKept(logger, error.ToString());
                break;
            case ErrorSeverity.Warning:
                LogNote(logger, error.ToString());
                break;
            default:
                LogRoute(logger, error.ToString());
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A changed certificate cannot be used, the one before stays in force: {Error}")]
    private static partial void LogKept(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Note}")]
    private static partial void LogNote(ILogger logger, string note);

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificates were reloaded; {Count} are in the store.")]
    private static partial void LogCertificates(ILogger logger, int count);

    [LoggerMessage(EventName = "certificate_rotated", Message = "The certificate '{Certificate}' was rotated from version {From} to {To}: {Verdicts}")]
    private static partial void LogRotated(ILogger logger, LogLevel level, string certificate, int from, int to, string verdicts);

    [LoggerMessage(EventName = "certificate_superseded", Level = LogLevel.Information, Message = "The rotation of the certificate '{Certificate}' from version {From} to {To} was superseded by another change before it was decided: {Verdicts}")]
    private static partial void LogSuperseded(ILogger logger, string certificate, int from, int to, string verdicts);

    [LoggerMessage(EventName = "certificate_refused", Level = LogLevel.Error, Message = "The certificate '{Certificate}' version {To} was refused by {Origin} and is not in force: {Detail} Version {From} stays. {Next} ({Verdicts})")]
    private static partial void LogRolledBack(ILogger logger, string certificate, int to, string origin, string detail, int from, string next, string verdicts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Origin} accepts certificates of other authorities than those of '{Certificate}' version {Version}. It accepts: {Acceptable}. Ours was issued by: {Issuers}")]
    private static partial void LogMismatch(ILogger logger, string origin, string certificate, int version, string acceptable, string issuers);

    [LoggerMessage(Level = LogLevel.Error, Message = "Version {Version} of '{Certificate}' could not be marked as refused, so it is tried again after a restart: {Problem}")]
    private static partial void LogNotMarked(ILogger logger, string certificate, int version, string problem);
}
