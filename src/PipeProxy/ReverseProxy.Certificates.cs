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
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly CertificatesInForce _inForce = new();
    private CertificateSet _loaded = CertificateSet.Empty;
    private DateTimeOffset? _changesAt;

    /// <summary>Reads the certificates now and waits until what has changed under <paramref name="name"/> is decided.</summary>
    /// <returns>The last rotation under that name, null when there has been none; or why what the name is to mean cannot be read, a sentence. What it meant before stays in force then.</returns>
    internal async Task<(CertificateRotation? Rotation, string? Unreadable)> SettleAsync(string name)
    {
        await RebindAsync().ConfigureAwait(false);
        Task<CertificateRotation>? running;
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_loaded.Certificates.ContainsKey(name) && _loaded.Errors.FirstOrDefault(error => error.Severity == ErrorSeverity.Error && (error.Setting == CertificateProblem.SettingOf(name) || error.Setting == CertificateStore.Setting)) is { } unreadable)
            {
                return (null, unreadable.Message);
            }

            running = _inForce.Trials.GetValueOrDefault(name)?.Ended;
            if (running is null)
            {
                return (_rotations.GetValueOrDefault(name), null);
            }
        }
        finally
        {
            _turn.Release();
        }

        return (await running.ConfigureAwait(false), null);
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

        var changed = _inForce.WhatChanges(plan);
        CommitCertificates(plan);
        if (changed.Count > 0 || plan.Begin.Count > 0)
        {
            LogCertificates(
                _options.Logger,
                changed.Count > 0 ? $" Now in force: {string.Join(", ", changed)}." : "",
                plan.Begin.Count > 0 ? $" On trial: {string.Join(", ", plan.Begin.Select(static trial => $"{trial.Candidate.Name} version {trial.Candidate.Version}"))}." : "");
        }
    }

    // What is presented to somebody now: by the routes in force, also where another configuration is about to be; at the start by those that will be.
    private RotationPlan PlanCertificates(ProxyConfig config)
    {
        var presented = _inForce.IsEmpty ? [.. config.Routes.Select(static route => route.Handler.MtlsCertificate).OfType<string>()] : PresentedNames();
        return _inForce.Plan(_certificates.Load(config.Certificates), _options.Time.GetUtcNow(), config.EnvironmentType, presented.Contains);
    }

    private HashSet<string> PresentedNames()
        => _dispatcher.Table.Targets.OfType<UpstreamTarget>().Select(static target => target.CertificateName).OfType<string>().ToHashSet(StringComparer.Ordinal);

    private void CommitCertificates(RotationPlan plan)
    {
        _inForce.Commit(plan);
        _loaded = plan.Effective;
        UseExpiry(plan.Effective);
        foreach (var trial in plan.Begin)
        {
            Aside(() => TryAsync(trial));
        }

        _changesAt = plan.ChangesAt;
        WaitForValidity();
        AcceptInService();
    }

    // A version may come into force without a trial: while no route presented it, or when what was switched off is switched on again. From here on it is the one to go back to.
    private void AcceptInService()
    {
        foreach (var name in PresentedNames())
        {
            if (_inForce.Of(name) is { Untried: true } certificate && !_inForce.Trials.ContainsKey(name)
                && certificate.UsabilityAt(_options.Time.GetUtcNow(), _config.EnvironmentType) == CertificateUsability.Usable)
            {
                Accept(certificate);
            }
        }
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

    // The gauge shows every certificate; the log speaks of those that routes present.
    private void UseExpiry(CertificateSet certificates)
    {
        var all = certificates.Certificates.Values.Select(static certificate => new CertificateExpiry(certificate.Name, certificate.NotAfter) { NotBefore = certificate.NotBefore }).ToList();
        var used = _config.Routes.Select(static route => route.Handler.MtlsCertificate).ToHashSet();
        _metrics.Use(all);
        _expiry.Use([.. all.Where(certificate => used.Contains(certificate.Name))]);
    }

    private static void LogChanged(ILogger logger, ConfigurationError error)
    {
        switch (error.Severity)
        {
            case ErrorSeverity.Error:
                LogKept(logger, error.Text);
                break;
            case ErrorSeverity.Warning:
                LogNote(logger, error.Text);
                break;
            default:
                LogRoute(logger, error.Text);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A changed certificate cannot be used, the one before stays in force: {Error}")]
    private static partial void LogKept(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Note}")]
    private static partial void LogNote(ILogger logger, string note);

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificates were reloaded.{Changed}{OnTrial}")]
    private static partial void LogCertificates(ILogger logger, string changed, string onTrial);
}
