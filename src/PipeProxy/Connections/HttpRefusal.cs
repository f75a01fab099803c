namespace PipeProxy.Connections;

/// <summary>An answer of the origin that may be about our client certificate although TLS ended well; it goes to the client as it came.</summary>
internal enum HttpRefusal : byte
{
    /// <summary>The answer is none.</summary>
    None,

    /// <summary>A 403 of an origin that asked for a certificate.</summary>
    ForbiddenAfterAsking,

    /// <summary>A 403 of an origin that never asked for one.</summary>
    ForbiddenWithoutAsking,

    /// <summary>A 403, and whether a certificate was asked for cannot be told (a resumed session).</summary>
    Forbidden,

    /// <summary>nginx's 400 for a missing certificate.</summary>
    CertificateMissing,

    /// <summary>nginx's 400 for a certificate that it does not accept.</summary>
    CertificateRefused,
}
