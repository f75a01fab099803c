namespace PipeProxy.Http1;

/// <summary>Methods that the proxy tells apart. Every other token is <see cref="Other"/> and passes through.</summary>
internal enum HttpMethodKind : byte
{
    Other,
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

/// <summary>Forms of a request target (RFC 9112 section 3.2); authority-form belongs to CONNECT, which is not served.</summary>
internal enum TargetForm : byte
{
    Origin,
    Absolute,
    Asterisk,
}

/// <summary>A request's head as offsets over a borrowed block. Pooled; see <see cref="MessageHead"/> for its life.</summary>
internal sealed class RequestHead : MessageHead
{
    internal ByteRange MethodRange;
    internal ByteRange TargetRange;
    internal TargetParts Parts;

    public HttpMethodKind Method { get; internal set; }

    /// <summary>The method as sent; its case counts (RFC 9110 section 9.1).</summary>
    public ReadOnlySpan<byte> MethodSpan => MethodRange.In(Block);

    /// <summary>Whether a second send does no more than the first (RFC 9110 section 9.2.2).</summary>
    public bool IsIdempotent => Method is HttpMethodKind.Get or HttpMethodKind.Head or HttpMethodKind.Put
        or HttpMethodKind.Delete or HttpMethodKind.Options;

    public TargetForm TargetForm => Parts.Form;

    /// <summary>The whole target as sent.</summary>
    public ReadOnlySpan<byte> Target => TargetRange.In(Block);

    /// <summary>The path as sent, without a dot segment; <c>/</c> when an absolute-form target has none, <c>*</c> for OPTIONS on the server.</summary>
    public ReadOnlySpan<byte> Path => Parts.Path.Length > 0 ? Parts.Path.In(Block)
        : Method == HttpMethodKind.Options && Parts.Query.Length == 0 ? "*"u8 // RFC 9112 section 3.2.4
        : "/"u8;

    /// <summary>The query as sent with its question mark, empty when there is none: <c>/a?</c> and <c>/a</c> differ.</summary>
    public ReadOnlySpan<byte> Query => Parts.Query.In(Block);

    /// <summary>Host and port of an absolute-form target; empty in the other forms.</summary>
    public ReadOnlySpan<byte> Authority => Parts.Authority.In(Block);

    /// <summary>The host and port that the client asks for: the target's in absolute-form (RFC 9112 section 3.2.2), else Host's; empty for an HTTP/1.0 client that gave none.</summary>
    public ReadOnlySpan<byte> HostOrAuthority => Parts.Form == TargetForm.Absolute ? Authority : Fields.ValueOf(KnownField.Host);

    /// <summary>Whether the client waits for 100 (RFC 9110 section 10.1.1); never in HTTP/1.0.</summary>
    public bool ExpectContinue { get; internal set; }

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        MethodRange = default;
        TargetRange = default;
        Parts = default;
        Method = HttpMethodKind.Other;
        ExpectContinue = false;
    }
}
