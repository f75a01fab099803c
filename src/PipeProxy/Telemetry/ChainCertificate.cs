namespace PipeProxy.Telemetry;

/// <summary>One certificate of a chain, by its names.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Issuer">Who issued it.</param>
public sealed record ChainCertificate(string Subject, string Issuer)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Subject} (by {Issuer})";
}
