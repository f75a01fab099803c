namespace PipeProxy.Testing;

/// <summary>The system's clock with another date: deadlines run as ever, certificates are judged as of then.</summary>
public sealed class TestProxyClock(TimeSpan ahead) : TimeProvider
{
    /// <summary>The shifted date.</summary>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}
