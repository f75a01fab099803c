namespace PipeProxy.Http1;

/// <summary>A response's head as offsets over a borrowed block. Pooled; see <see cref="MessageHead"/> for its life.</summary>
internal sealed class ResponseHead : MessageHead
{
    internal ByteRange ReasonRange;

    /// <summary>100 to 999: what an origin makes up passes through.</summary>
    public int StatusCode { get; internal set; }

    /// <summary>The reason phrase as sent; may be empty.</summary>
    public ReadOnlySpan<byte> Reason => ReasonRange.In(Block);

    /// <summary>Whether this is an interim response (RFC 9110 section 15.2), after which another head follows. 101 is final.</summary>
    public bool IsInterim => StatusCode is >= 100 and < 200 and not 101;

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        ReasonRange = default;
        StatusCode = 0;
    }
}
