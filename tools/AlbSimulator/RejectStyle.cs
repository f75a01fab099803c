namespace AlbSimulator;

/// <summary>How a client certificate is refused.</summary>
public enum RejectStyle
{
    /// <summary>A fatal alert where the protocols have it: in the handshake in TLS 1.2; in TLS 1.3 after the client's Finished, when the client believes to be connected.</summary>
    Alert,

    /// <summary>A fatal alert after the handshake in both versions.</summary>
    LateAlert,

    /// <summary>The connection ends without an alert (FIN), where Alert would have sent one.</summary>
    Eof,

    /// <summary>The connection is reset (RST), where Alert would have sent one.</summary>
    Reset,
}
