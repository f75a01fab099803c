namespace PipeProxy.Http1;

/// <summary>Fields that the proxy acts on. Every other field is <see cref="Other"/> and passes through.</summary>
/// <remarks>At most 64, so that a set of them is one word (<see cref="FieldFilter"/>).</remarks>
internal enum KnownField : byte
{
    Other,
    Connection,
    KeepAlive,
    ProxyConnection,
    TransferEncoding,
    Te,
    Trailer,
    Upgrade,
    Http2Settings,
    ContentLength,
    Host,
    Expect,
    Via,
    Date,
    MaxForwards,
    Origin,
    Forwarded,
    XForwardedFor,
    XForwardedProto,
    XForwardedHost,
    XRequestId,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyAuthenticationInfo,
    ProxyStatus,

    /// <summary><c>X-Amzn-Mtls-*</c>, also written with underscores.</summary>
    XAmznMtls,

    /// <summary><c>Client-Cert</c> and <c>Client-Cert-*</c> (RFC 9440), also written with underscores.</summary>
    ClientCert,

    /// <summary><c>Access-Control-*</c>.</summary>
    AccessControl,

    /// <summary><c>X_Forwarded_*</c>: a CGI-style origin reads it as the field with hyphens, so a client could forge what the proxy says.</summary>
    ForwardedLookalike,

    /// <summary>Not Content-Length or Transfer-Encoding, but equal to one of them without its separators. The parser refuses it.</summary>
    FramingLookalike,
}
