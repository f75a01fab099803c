using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

public sealed class DialGateTests
{
    private static readonly Failure Refusal = new(Outcome.TlsAlertReceived, "alert 48", "trust it", 48);
    private static readonly Failure Unreachable = new(Outcome.ConnectionRefused, "refused", "start it");

    private readonly FakeTimeProvider _time = new();
    private readonly List<Failure?> _verdicts = [];
    private readonly List<(bool Opened, int Refusals)> _breaker = [];
    private readonly DialGate _gate;

    public DialGateTests()
    {
        _gate = new DialGate(_time)
        {
            OnVerdict = _verdicts.Add,
            OnBreaker = (opened, refusals, _) => _breaker.Add((opened, refusals)),
            Config = new BreakerConfig { Refusals = 3, OpenTime = TimeSpan.FromSeconds(5) },
        };
    }

    [Fact]
    public void NothingFailed_AnyNumberEntersAndNobodyWaits()
    {
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal((GateAnswer.Enter, 0), Enter()));
    }

    [Fact]
    public void AfterAFailure_OneGoesAndItsVerdictIsShared()
    {
        _gate.Failed(Unreachable, 0);

        var (first, ticket) = Enter();
        Assert.Equal(GateAnswer.Enter, first);
        Assert.NotEqual(0, ticket);
        Assert.Equal(GateAnswer.Wait, Enter().Answer);
        Assert.True(_gate.IsAwaited);

        _gate.Failed(Refusal, ticket);
        Assert.Equal([Refusal], _verdicts);

        // The next one is not told of the failure before: it finds out for itself.
        Assert.Equal(GateAnswer.Enter, Enter().Answer);
    }

    [Fact]
    public void AfterASuccess_AllGoAgain()
    {
        _gate.Failed(Unreachable, 0);
        var (_, ticket) = Enter();

        _gate.Confirmed(ticket);

        Assert.Equal([null], _verdicts);
        Assert.Equal((GateAnswer.Enter, 0), Enter());
        Assert.Equal((GateAnswer.Enter, 0), Enter());
    }

    [Fact]
    public void AbandonedAttempt_LetsTheNextOneGo()
    {
        _gate.Failed(Unreachable, 0);
        var (_, ticket) = Enter();

        _gate.Abandoned(ticket);

        Assert.Equal([null], _verdicts);
        Assert.Equal(GateAnswer.Enter, Enter().Answer);
        Assert.Equal(GateAnswer.Wait, Enter().Answer);
    }

    [Fact]
    public void RefusalsInARow_OpenTheBreakerForItsTime()
    {
        Refuse(3);

        Assert.Equal([(true, 3)], _breaker);
        Assert.Equal(BreakerState.Open, _gate.State);
        Assert.Equal(GateAnswer.Refused, _gate.TryEnter(out _, out var left));
        Assert.Equal(TimeSpan.FromSeconds(5), left);
        _time.Advance(TimeSpan.FromMilliseconds(4900));
        Assert.Equal(GateAnswer.Refused, _gate.TryEnter(out _, out left));
        Assert.Equal(TimeSpan.FromMilliseconds(100), left);
    }

    [Fact]
    public void FewerRefusals_OrOthersThanByTls_OpenNothing()
    {
        Refuse(2);
        _gate.Confirmed(Enter().Ticket);
        Refuse(2);
        for (var i = 0; i < 100; i++)
        {
            _gate.Failed(Unreachable, Enter().Ticket);
        }

        Assert.Equal(BreakerState.Closed, _gate.State);
        Assert.Empty(_breaker);
    }

    [Fact]
    public void HalfOpen_OneGoesAndDecides()
    {
        Refuse(3);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(BreakerState.HalfOpen, _gate.State);
        var (answer, ticket) = Enter();
        Assert.Equal(GateAnswer.Enter, answer);
        Assert.Equal(GateAnswer.Wait, Enter().Answer);
        _gate.Failed(Refusal, ticket);
        Assert.Equal(GateAnswer.Refused, Enter().Answer);

        _time.Advance(TimeSpan.FromSeconds(5));
        _gate.Confirmed(Enter().Ticket);
        Assert.Equal(BreakerState.Closed, _gate.State);
        Assert.Equal(GateAnswer.Enter, Enter().Answer);

        // Told once when it opened and once when it closed, not for each probe.
        Assert.Equal([(true, 3), (false, 0)], _breaker);
    }

    [Fact]
    public void HalfOpen_AFailureThatIsNoRefusal_LetsTheNextOneTry()
    {
        Refuse(3);
        _time.Advance(TimeSpan.FromSeconds(5));

        _gate.Failed(Unreachable, Enter().Ticket);

        Assert.Equal(BreakerState.HalfOpen, _gate.State);
        Assert.Equal(GateAnswer.Enter, Enter().Answer);
    }

    [Fact]
    public void Reset_StartsFresh()
    {
        Refuse(3);

        _gate.Reset();

        Assert.Equal(BreakerState.Closed, _gate.State);
        Assert.Equal(0, _gate.Refusals);
        Assert.Equal((GateAnswer.Enter, 0), Enter());
        Refuse(2);
        Assert.Equal(BreakerState.Closed, _gate.State);
    }

    [Fact]
    public void TicketOfAnAttemptBeforeAReset_SettlesNobodyElses()
    {
        _gate.Failed(Unreachable, 0);
        var (_, old) = Enter();
        _gate.Reset();
        _gate.Failed(Unreachable, 0);
        var (_, now) = Enter();

        _gate.Failed(Unreachable, old);
        Assert.True(_gate.IsAwaited);
        _gate.Abandoned(now);
        Assert.False(_gate.IsAwaited);
    }

    [Fact]
    public void ZeroRefusals_NeverOpen()
    {
        _gate.Config = new BreakerConfig { Refusals = 0 };

        Refuse(1000);

        Assert.Equal(BreakerState.Closed, _gate.State);
    }

    private (GateAnswer Answer, int Ticket) Enter() => (_gate.TryEnter(out var ticket, out _), ticket);

    private void Refuse(int times)
    {
        for (var i = 0; i < times; i++)
        {
            var (answer, ticket) = Enter();
            Assert.Equal(GateAnswer.Enter, answer);
            _gate.Failed(Refusal, ticket);
        }
    }
}
