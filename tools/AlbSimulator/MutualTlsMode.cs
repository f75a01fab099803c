namespace AlbSimulator;

/// <summary>The listener's mutual TLS mode, as an ALB names them.</summary>
public enum MutualTlsMode
{
    /// <summary>Ask for a certificate, judge it against the trust store, refuse the connection when it does not hold.</summary>
    Verify,

    /// <summary>Ask for a certificate, judge nothing, hand the chain to the target.</summary>
    Passthrough,

    /// <summary>Ask for none.</summary>
    Off,
}
