using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Rotation;

public sealed class CertificatesInForceTests
{
    private readonly CertificatesInForce _inForce = new();
    private readonly DateTimeOffset _now = IssuedCertificate.Now;

    [Fact]
    public void FirstCertificate_IsInForceWithoutATrial()
    {
        var first = Issue("CN=1");

        Assert.Empty(Apply(first).Begin);
        Assert.Same(first, _inForce.Of("a"));
    }

    [Fact]
    public void ChangedOne_WaitsForItsTrialAndIsInForceAfterwards()
    {
        var (first, second) = (Issue("CN=1"), Issue("CN=2"));
        Apply(first);

        var trial = Assert.Single(Apply(second).Begin);
        Assert.Same(first, _inForce.Of("a"));

        // Read again meanwhile: the same trial goes on.
        Assert.Empty(Apply(second).Begin);
        Assert.Equal(RotationOutcome.Switched, _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted), Verdict(CanaryVerdict.Unreachable), Verdict(CanaryVerdict.Silent)]).Outcome);
        Assert.Empty(Apply(second).Begin);
        Assert.Same(second, _inForce.Of("a"));
    }

    [Fact]
    public void OneRefusal_KeepsTheOldOneAndIsNotTriedAgain()
    {
        var (first, second, third) = (Issue("CN=1"), Issue("CN=2"), Issue("CN=3"));
        Apply(first);
        var trial = Assert.Single(Apply(second).Begin);

        Assert.Equal(RotationOutcome.RolledBack, _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted), Verdict(CanaryVerdict.Refused)]).Outcome);

        Assert.Empty(Apply(second).Begin);
        Assert.Same(first, _inForce.Of("a"));
        Assert.Single(Apply(third).Begin);
    }

    [Fact]
    public void AnotherChange_EndsTheTrialBefore()
    {
        Apply(Issue("CN=1"));
        var trial = Assert.Single(Apply(Issue("CN=2")).Begin);
        var third = Issue("CN=3");

        var next = Assert.Single(Apply(third).Begin);

        Assert.True(trial.Ended.IsCompleted);
        Assert.Equal(RotationOutcome.Superseded, _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]).Outcome);
        Assert.Equal(RotationOutcome.Switched, _inForce.Judge(next, []).Outcome);
    }

    [Fact]
    public void DisabledOne_IsInForceAtOnce()
    {
        var first = Issue("CN=1");
        Apply(first);
        var trial = Assert.Single(Apply(Issue("CN=2")).Begin);

        Assert.Empty(Apply(Issue("CN=2", enabled: false)).Begin);

        Assert.False(_inForce.Of("a")!.Enabled);
        Assert.True(trial.Ended.IsCompleted);
    }

    [Fact]
    public void OneThatIsNotValidYet_WaitsBesideTheOldOne()
    {
        var first = Issue("CN=1");
        Apply(first);
        var later = _now.AddDays(1);

        var plan = Apply(Issue("CN=2", notBefore: later));

        Assert.Empty(plan.Begin);
        Assert.Equal(later, plan.ChangesAt);
        Assert.Same(first, _inForce.Of("a"));
        Assert.Contains("is presented meanwhile", Assert.Single(plan.Notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneThatNoRoutePresents_IsNotTried()
    {
        Apply(Issue("CN=1"), presented: false);
        var second = Issue("CN=2");

        Assert.Empty(Apply(second, presented: false).Begin);
        Assert.Same(second, _inForce.Of("a"));
    }

    // The one before cannot be presented itself, so the new one is in force at once and the trial only tells.
    [Fact]
    public void DisabledOneThatWasInForceAtOnce_HasNoTrialThatGoesOn()
    {
        Apply(Issue("CN=1", enabled: false));
        var second = Issue("CN=2");
        var trial = Assert.Single(Apply(second).Begin);
        Assert.Same(second, _inForce.Of("a"));

        Apply(second.With(null, enabled: false));

        Assert.Equal(RotationOutcome.Superseded, _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]).Outcome);
        Assert.True(trial.Ended.IsCompleted);
    }

    [Fact]
    public void OneThatNoRoutePresentsAnyMore_HasNoTrialThatGoesOn()
    {
        Apply(Issue("CN=1"));
        var second = Issue("CN=2");
        var trial = Assert.Single(Apply(second).Begin);

        Apply(second, presented: false);

        Assert.Equal(RotationOutcome.Superseded, _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]).Outcome);
    }

    [Theory]
    [InlineData(true, true, RotationOutcome.Switched)]
    [InlineData(true, false, RotationOutcome.Superseded)]
    [InlineData(false, true, RotationOutcome.Superseded)]
    public void AcceptedOne_IsSwitchedToOnlyWhenItIsPresentedAfterwards(bool enabled, bool presented, RotationOutcome outcome)
    {
        Apply(Issue("CN=1"));
        var second = Issue("CN=2");
        var trial = Assert.Single(Apply(second).Begin);
        var rotation = _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]);

        // The source is read again before the verdict takes effect.
        Apply(second.With(null, enabled), presented);

        Assert.Equal(outcome, _inForce.Confirm(trial, rotation, _now, EnvironmentType.Development, presented).Outcome);
    }

    [Fact]
    public void AcceptedOneThatEndedMeanwhile_IsSuperseded()
    {
        Apply(Issue("CN=1"));
        var second = Issue("CN=2");
        var trial = Assert.Single(Apply(second).Begin);
        var rotation = _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]);
        Apply(second);

        Assert.Equal(RotationOutcome.Superseded, _inForce.Confirm(trial, rotation, second.NotAfter.AddSeconds(1), EnvironmentType.Development, isPresented: true).Outcome);
    }

    [Fact]
    public void AcceptedOneThatCannotBeReadAnyMore_IsTriedAnewWhenItComesBack()
    {
        var first = Issue("CN=1");
        Apply(first);
        var second = Issue("CN=2");
        var trial = Assert.Single(Apply(second).Begin);
        var rotation = _inForce.Judge(trial, [Verdict(CanaryVerdict.Accepted)]);
        _inForce.Commit(_inForce.Plan(CertificateSet.Empty, _now, EnvironmentType.Development, static _ => true));

        Assert.Equal(RotationOutcome.Superseded, _inForce.Confirm(trial, rotation, _now, EnvironmentType.Development, isPresented: true).Outcome);
        Assert.Single(Apply(second).Begin);
        Assert.Same(first, _inForce.Of("a"));
    }

    [Fact]
    public void UntriedOneAtTheStart_IsTriedWhileTheOneBeforeStandsIn()
    {
        var (first, second) = (Issue("CN=1"), Issue("CN=2"));

        var trial = Assert.Single(Apply(second, standIn: first).Begin);

        Assert.Same(first, _inForce.Of("a"));
        Assert.Equal(RotationOutcome.RolledBack, _inForce.Judge(trial, [Verdict(CanaryVerdict.Refused)]).Outcome);
        Assert.Empty(Apply(second, standIn: first).Begin);
        Assert.Same(first, _inForce.Of("a"));
    }

    private RotationPlan Apply(ClientCertificate certificate, bool presented = true, ClientCertificate? standIn = null)
    {
        var set = new CertificateSet(new Dictionary<string, ClientCertificate> { ["a"] = certificate }, [])
        {
            StandIns = standIn is null ? new Dictionary<string, ClientCertificate>() : new Dictionary<string, ClientCertificate> { ["a"] = standIn },
        };
        var plan = _inForce.Plan(set, _now, EnvironmentType.Development, _ => presented);
        _inForce.Commit(plan);
        return plan;
    }

    private static CanaryResult Verdict(CanaryVerdict verdict) => new("https://origin", verdict, "");

    private static ClientCertificate Issue(string subject, bool enabled = true, DateTimeOffset? notBefore = null)
    {
        var issued = IssuedCertificate.Leaf(subject: subject, notBefore: notBefore, notAfter: notBefore?.AddDays(30));
        return ClientCertificate.FromPem("a", issued.CertificatePem, issued.KeyPem, enabled: enabled);
    }
}
