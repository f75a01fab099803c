namespace PipeProxy.Http1;

/// <summary>A set of known fields that a copy leaves out; one word, made once.</summary>
internal readonly record struct FieldFilter
{
    /// <summary>
    /// Fields for one connection only (RFC 9110 section 7.6.1, and 11.7 for Proxy-*), and Content-Length, which the caller writes as
    /// it frames. Trailer is not among them: trailers go end to end.
    /// </summary>
    public static readonly FieldFilter HopByHop = default(FieldFilter).With(
        KnownField.Connection, KnownField.KeepAlive, KnownField.ProxyConnection, KnownField.TransferEncoding, KnownField.Te,
        KnownField.Upgrade, KnownField.Http2Settings, KnownField.ContentLength, KnownField.ProxyAuthenticate,
        KnownField.ProxyAuthorization, KnownField.ProxyAuthenticationInfo, KnownField.FramingLookalike);

    /// <summary>For requests: also Host, which is the origin's, and what only the proxy may say about the client.</summary>
    public static readonly FieldFilter Request = HopByHop.With(
        KnownField.Host, KnownField.XAmznMtls, KnownField.ClientCert, KnownField.ForwardedLookalike);

    /// <summary>For responses.</summary>
    public static readonly FieldFilter Response = HopByHop;

    /// <summary>For trailers: also every field that the head decided by (RFC 9110 section 6.5.1).</summary>
    public static readonly FieldFilter Trailer = Request.With(
        KnownField.Trailer, KnownField.Expect, KnownField.Via, KnownField.MaxForwards, KnownField.Origin, KnownField.Forwarded,
        KnownField.XForwardedFor, KnownField.XForwardedProto, KnownField.XForwardedHost, KnownField.XRequestId,
        KnownField.ProxyStatus, KnownField.AccessControl);

    private readonly ulong _left;

    private FieldFilter(ulong left) => _left = left;

    /// <summary>Whether the copy leaves this field out.</summary>
    public bool Drops(KnownField field) => (_left & (1UL << (int)field)) != 0;

    /// <summary>This set and these fields.</summary>
    public FieldFilter With(params ReadOnlySpan<KnownField> fields)
    {
        var left = _left;
        foreach (var field in fields)
        {
            left |= 1UL << (int)field;
        }

        return new FieldFilter(left);
    }

    /// <summary>This set and that one.</summary>
    public FieldFilter With(FieldFilter other) => new(_left | other._left);

    /// <summary>This set without these fields.</summary>
    public FieldFilter Without(params ReadOnlySpan<KnownField> fields)
    {
        var left = _left;
        foreach (var field in fields)
        {
            left &= ~(1UL << (int)field);
        }

        return new FieldFilter(left);
    }
}
