using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PipeProxy.Certificates;
using PipeProxy.Rotation;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <content>A trial: a changed certificate is shown to its origins, judged by what they say, and the outcome told.</content>
public sealed partial class ReverseProxy
{
    private const int TrialsAtATime = 8;

    // The last rotation under each name, for whoever asks later.
    private readonly Dictionary<string, CertificateRotation> _rotations = new(StringComparer.Ordinal);

    // Which authorities each origin said it accepts, when it was last asked by a handshake that shows it.
    private readonly ConcurrentDictionary<string, (IReadOnlyList<string> Names, DateTimeOffset Seen)> _advertised = new(StringComparer.Ordinal);

    /// <summary>A certificate was replaced under its name, or was not because an origin refused it. Raised on a thread of the pool; must not throw.</summary>
    public event EventHandler<CertificateRotation>? Rotated;

    private async Task TryAsync(CertificateTrial trial)
    {
        try
        {
            var results = await ShowAsync(trial).ConfigureAwait(false);
            foreach (var result in results)
            {
                if (result.AcceptableAuthorities is { } names)
                {
                    _advertised[result.Origin] = (names, _options.Time.GetUtcNow());
                }

                if (result.Failure is { } failure)
                {
                    RecordTrial(result, trial.Candidate, failure);
                }
            }

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

            Mark(trial.Candidate, rotation);
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

    // The rotation's own lines tell of it; this is for whoever asks later what failed. Under codes of its own: what requests meet is still told.
    private void RecordTrial(CanaryResult result, ClientCertificate candidate, Failure failure)
        => _failures.Record(
            result.Origin,
            candidate.Name,
            result.Verdict == CanaryVerdict.Refused ? "refused_on_trial" : "unreachable_on_trial",
            failure.Alert,
            static told => new FailureText($"Version {told.Candidate.Version}, on trial: {told.Failure.Detail}", told.Failure.Next, told.Proxy.WithAuthorities(told.Origin, told.Failure.Tls)),
            (Proxy: this, result.Origin, Candidate: candidate, Failure: failure),
            out _);

    private void Accept(ClientCertificate certificate)
    {
        try
        {
            _certificates.OnAccepted(certificate);
        }
        catch (CertificateException e)
        {
            LogNotMarked(_options.Logger, certificate.Name, certificate.Version, e.Message);
        }
    }

    private void Mark(ClientCertificate candidate, CertificateRotation rotation)
    {
        try
        {
            if (rotation.Outcome == RotationOutcome.Switched)
            {
                Accept(candidate);
            }
            else if (rotation.Outcome == RotationOutcome.RolledBack)
            {
                _certificates.OnRefused(candidate, string.Join(" ", rotation.Origins.Where(static origin => origin.Verdict == CanaryVerdict.Refused).Select(static origin => $"{origin.Origin}: {origin.Detail}")));
            }
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

    [LoggerMessage(EventName = "certificate_rotated", Message = "The certificate '{Certificate}' was rotated from version {From} to {To}: {Verdicts}")]
    private static partial void LogRotated(ILogger logger, LogLevel level, string certificate, int from, int to, string verdicts);

    [LoggerMessage(EventName = "certificate_superseded", Level = LogLevel.Information, Message = "The rotation of the certificate '{Certificate}' from version {From} to {To} was superseded by another change before it was decided: {Verdicts}")]
    private static partial void LogSuperseded(ILogger logger, string certificate, int from, int to, string verdicts);

    [LoggerMessage(EventName = "certificate_refused", Level = LogLevel.Error, Message = "The certificate '{Certificate}' version {To} was refused by {Origin} and is not in force: {Detail} Version {From} stays. {Next} ({Verdicts})")]
    private static partial void LogRolledBack(ILogger logger, string certificate, int to, string origin, string detail, int from, string next, string verdicts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Origin} accepts certificates of other authorities than those of '{Certificate}' version {Version}. It accepts: {Acceptable}. Ours was issued by: {Issuers}")]
    private static partial void LogMismatch(ILogger logger, string origin, string certificate, int version, string acceptable, string issuers);

    [LoggerMessage(Level = LogLevel.Error, Message = "Version {Version} of '{Certificate}' could not be marked as refused or in force, so it is tried again after a restart: {Problem}")]
    private static partial void LogNotMarked(ILogger logger, string certificate, int version, string problem);
}
