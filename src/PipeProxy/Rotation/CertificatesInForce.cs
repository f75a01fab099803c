using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Rotation;

/// <summary>Which version each certificate name means now, while a source may already hold another: the rules of rotation, without I/O.</summary>
/// <remarks>Not thread-safe. A plan changes nothing until it is committed: a configuration that is refused leaves everything as it was.</remarks>
internal sealed class CertificatesInForce
{
    private readonly Dictionary<string, CertificateTrial> _trials = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClientCertificate> _refused = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClientCertificate> _approved = new(StringComparer.Ordinal);
    private Dictionary<string, ClientCertificate> _inForce = new(StringComparer.Ordinal);

    /// <summary>Trials under way, by name.</summary>
    internal IReadOnlyDictionary<string, CertificateTrial> Trials => _trials;

    /// <summary>Nothing has been put in force yet.</summary>
    internal bool IsEmpty => _inForce.Count == 0;

    /// <summary>What is in force under <paramref name="name"/>; null when nothing is.</summary>
    internal ClientCertificate? Of(string name) => _inForce.GetValueOrDefault(name);

    /// <summary>Says what each name is to mean, now that a source was read.</summary>
    /// <param name="loaded">What the source holds.</param>
    /// <param name="now">The moment that validities are judged by.</param>
    /// <param name="environment">What certificates must be enabled for.</param>
    /// <param name="isPresented">Whether routes present the certificate of that name to somebody; nobody else can refuse it.</param>
    internal RotationPlan Plan(CertificateSet loaded, DateTimeOffset now, EnvironmentType environment, Func<string, bool> isPresented)
    {
        var plan = new RotationPlan { ChangesAt = loaded.ChangesAt };
        var effective = new Dictionary<string, ClientCertificate>(StringComparer.Ordinal);

        // In order of names: trials begin, and are told of, in the same order every time.
        foreach (var (name, candidate) in loaded.Certificates.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            effective[name] = Decide(candidate, loaded.StandIns.GetValueOrDefault(name), now, environment, isPresented(name), plan);
        }

        plan.Effective = new CertificateSet(effective, [.. loaded.Errors, .. plan.Notes]) { Store = loaded.Store };
        return plan;
    }

    /// <summary>Names that mean something else once <paramref name="plan"/> is committed.</summary>
    internal IReadOnlyList<string> WhatChanges(RotationPlan plan)
        => [.. plan.Effective.Certificates.Where(pair => Of(pair.Key) is not { } before || !IsSame(before, pair.Value) || before.Enabled != pair.Value.Enabled || !before.EnvironmentTypes.SetEquals(pair.Value.EnvironmentTypes)).Select(static pair => pair.Key)];

    /// <summary>Puts the plan in force. Its <see cref="RotationPlan.Begin"/> are on trial from here on; what was on trial before and is not any more has ended.</summary>
    internal void Commit(RotationPlan plan)
    {
        foreach (var (name, trial) in _trials.ToList())
        {
            if (!plan.Continued.Contains(trial))
            {
                _trials.Remove(name);
                trial.End(RotationOf(trial, RotationOutcome.Superseded, []));
            }
        }

        foreach (var trial in plan.Begin)
        {
            _trials[trial.Candidate.Name] = trial;
        }

        // A name that cannot be read right now keeps what it meant.
        foreach (var (name, certificate) in plan.Effective.Certificates)
        {
            _inForce[name] = certificate;
            _approved.Remove(name);
        }
    }

    /// <summary>Ends a trial.</summary>
    /// <returns>How it ended; after <see cref="RotationOutcome.Switched"/> the next plan puts the candidate in force, and <see cref="Confirm"/> says whether it did.</returns>
    internal CertificateRotation Judge(CertificateTrial trial, IReadOnlyList<CanaryResult> results)
    {
        var name = trial.Candidate.Name;
        if (!_trials.TryGetValue(name, out var current) || current != trial)
        {
            return RotationOf(trial, RotationOutcome.Superseded, results);
        }

        _trials.Remove(name);
        if (trial.Decides && !trial.Candidate.Forced && results.Any(static result => result.Verdict == CanaryVerdict.Refused))
        {
            _refused[name] = trial.Candidate;
            return RotationOf(trial, RotationOutcome.RolledBack, results);
        }

        _approved[name] = trial.Candidate;
        return RotationOf(trial, RotationOutcome.Switched, results);
    }

    /// <summary>Looks, once the plan behind a verdict is in force, whether the candidate is what routes present: between the two it may have been disabled, replaced or removed, have ended, or have lost its routes.</summary>
    /// <returns>What is to be told.</returns>
    internal CertificateRotation Confirm(CertificateTrial trial, CertificateRotation rotation, DateTimeOffset now, EnvironmentType environment, bool isPresented)
    {
        if (rotation.Outcome != RotationOutcome.Switched)
        {
            return rotation;
        }

        var name = trial.Candidate.Name;
        if (isPresented && Of(name) is { } inForce && IsSame(inForce, trial.Candidate) && inForce.UsabilityAt(now, environment) == CertificateUsability.Usable)
        {
            // Only what has really taken its place makes one that was refused before worth another trial.
            _refused.Remove(name);
            return rotation;
        }

        _approved.Remove(name);
        return rotation with { Outcome = RotationOutcome.Superseded };
    }

    private static CertificateRotation RotationOf(CertificateTrial trial, RotationOutcome outcome, IReadOnlyList<CanaryResult> results)
        => new(trial.Candidate.Name, trial.Before.Version, trial.Candidate.Version, outcome, results) { Forced = trial.Candidate.Forced };

    private ClientCertificate Decide(ClientCertificate candidate, ClientCertificate? standIn, DateTimeOffset now, EnvironmentType environment, bool isPresented, RotationPlan plan)
    {
        var name = candidate.Name;
        var usability = candidate.UsabilityAt(now, environment);
        var before = Of(name) ?? standIn;
        if (before is null || before.Identity == candidate.Identity || !isPresented)
        {
            // A trial that only tells goes on, as long as there is something to tell.
            if (isPresented && usability == CertificateUsability.Usable)
            {
                Continue(candidate, plan);
            }

            return candidate;
        }

        var beforeServes = before.UsabilityAt(now, environment) == CertificateUsability.Usable;
        switch (usability)
        {
            // The operator's word is in force at once, and what may not be presented is not tried either.
            case CertificateUsability.Disabled or CertificateUsability.NotEnabledForEnvironment:
                return candidate;
            case CertificateUsability.NotYetValid or CertificateUsability.Expired when beforeServes:
                plan.LookAgainAt(candidate.NotBefore > now ? candidate.NotBefore : before.NotAfter);
                plan.Notes.Add(new ConfigurationError(
                    null,
                    CertificateProblem.SettingOf(name),
                    null,
                    $"{CertificateProblem.Of(candidate, now, environment)!.Cause}; the one before, valid to {before.NotAfter:yyyy-MM-dd HH:mm} UTC, is presented meanwhile.",
                    ErrorSeverity.Warning));
                return before;
            case CertificateUsability.NotYetValid or CertificateUsability.Expired:
                return candidate;
        }

        if (_approved.TryGetValue(name, out var approved) && IsSame(approved, candidate))
        {
            return candidate;
        }

        if (_refused.TryGetValue(name, out var refused) && ReferenceEquals(refused.Leaf, candidate.Leaf))
        {
            return before;
        }

        if (!Continue(candidate, plan))
        {
            plan.Begin.Add(new CertificateTrial(before, candidate, decides: beforeServes));
        }

        return beforeServes ? before : candidate;
    }

    private bool Continue(ClientCertificate candidate, RotationPlan plan)
    {
        if (_trials.TryGetValue(candidate.Name, out var trial) && IsSame(trial.Candidate, candidate))
        {
            plan.Continued.Add(trial);
            return true;
        }

        return false;
    }

    // By value: a source may read anew what has not changed.
    private static bool IsSame(ClientCertificate one, ClientCertificate other) => one.Identity == other.Identity && one.Version == other.Version;
}

/// <summary>What names are to mean, and what is to be tried first.</summary>
internal sealed class RotationPlan
{
    /// <summary>What is in force once the plan is committed.</summary>
    internal CertificateSet Effective { get; set; } = CertificateSet.Empty;

    /// <summary>Trials to start.</summary>
    internal List<CertificateTrial> Begin { get; } = [];

    /// <summary>Trials under way that go on.</summary>
    internal HashSet<CertificateTrial> Continued { get; } = [];

    /// <summary>What an operator should know.</summary>
    internal List<ConfigurationError> Notes { get; } = [];

    /// <summary>When to plan anew although nothing was changed; null: never.</summary>
    internal DateTimeOffset? ChangesAt { get; set; }

    internal void LookAgainAt(DateTimeOffset moment) => ChangesAt = ChangesAt is { } at && at < moment ? at : moment;
}
