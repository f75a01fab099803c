namespace PipeProxy.Http1;

/// <summary>What request and response heads share: fields, version, the parser's place, and the block their offsets point into.</summary>
/// <remarks>
/// Parse, then <see cref="Attach"/> the block, then read the spans; <see cref="Reset"/> before the next message. Spans are valid as
/// long as the block is. Not thread-safe.
/// </remarks>
internal abstract class MessageHead
{
    /// <summary>Where the parser stands; of no use to others.</summary>
    internal HeadProgress Progress;

    /// <summary>The field lines, in order.</summary>
    public FieldTable Fields { get; } = new();

    /// <summary>Bytes of the head: from the first byte of the buffer through the empty line.</summary>
    public int Length { get; internal set; }

    /// <summary>0 or 1, of HTTP/1.x.</summary>
    public int MinorVersion { get; internal set; }

    /// <summary>What the Connection field says.</summary>
    public ConnectionOptions Connection { get; internal set; }

    /// <summary>Whether the sender means the connection to persist after this message (RFC 9112 section 9.3).</summary>
    public bool KeepAlive => (Connection & ConnectionOptions.Close) == 0
        && (MinorVersion == 1 || (Connection & ConnectionOptions.KeepAlive) != 0);

    /// <summary>The attached bytes, from the head's first on; may go on after the head.</summary>
    protected ReadOnlySpan<byte> Block => Fields.Block;

    /// <summary>Binds the offsets to a block that begins with the head's first byte. Borrowed until <see cref="Reset"/> or the next Attach.</summary>
    public void Attach(ReadOnlyMemory<byte> block) => Fields.Attach(block);

    /// <summary>Makes the head ready for the next message. Keeps the tables, gives up the block.</summary>
    public virtual void Reset()
    {
        Progress = default;
        Fields.Reset();
        Length = 0;
        MinorVersion = 0;
        Connection = ConnectionOptions.None;
    }
}

/// <summary>Which part of a head the parser is in.</summary>
internal enum HeadPhase : byte
{
    Start,
    Method,
    Target,
    Version,
    StatusCode,
    Reason,
    FieldName,
    FieldNameSpace,
    FieldValue,
    Done,
    Rejected,
}

/// <summary>The parser's place in a head that arrives in pieces: no byte is looked at twice, so the work is linear for any split.</summary>
internal struct HeadProgress
{
    public HeadPhase Phase;

    /// <summary>Why, after <see cref="HeadPhase.Rejected"/>.</summary>
    public Http1Rejection Rejection;

    /// <summary>First byte of the line under way.</summary>
    public int Line;

    /// <summary>First byte of the part under way (method, target, value).</summary>
    public int Part;

    /// <summary>First byte not yet looked at.</summary>
    public int Scanned;

    /// <summary>First byte of the field lines.</summary>
    public int Fields;

    /// <summary>The name of the field line under way.</summary>
    public ByteRange Name;
}
