namespace PipeProxy.Http1;

/// <summary>Why a message was refused: one name per rule. <see cref="Http1Rejections"/> says it in a sentence.</summary>
internal enum Http1Rejection : byte
{
    None,

    // Limits and what is not served.
    RequestLineTooLong,
    TargetTooLong,
    FieldTooLong,
    FieldsTooLarge,
    TooManyFields,
    MethodNotServed,
    Http2Preface,
    VersionNotServed,
    CodingNotServed,

    // The start line.
    BareLineFeed,
    BareCarriageReturn,
    MethodMalformed,
    TargetMissing,
    TargetCharacter,
    TargetFragment,
    TargetForm,
    TargetAuthority,
    TargetEscape,
    TargetDotSegment,
    VersionMissing,
    VersionMalformed,
    StatusCodeMalformed,
    ReasonCharacter,

    // Field lines.
    LeadingSpace,
    LineFolding,
    FieldNameEmpty,
    FieldNameCharacter,
    FieldNameSpace,
    FieldColonMissing,
    FieldValueCharacter,
    FramingLookalike,
    HostMissing,
    HostRepeated,
    HostMalformed,
    ConnectionMalformed,

    // Framing.
    ContentLengthMalformed,
    ContentLengthOverflow,
    ContentLengthRepeated,
    TransferEncodingMalformed,
    TransferEncodingInHttp10,
    TransferEncodingWithContentLength,
    ChunkedRepeated,
    ChunkedNotLast,

    // The chunked coding.
    ChunkSizeMalformed,
    ChunkSizeOverflow,
    ChunkExtensionCharacter,
    ChunkExtensionMalformed,
    ChunkExtensionsTooLong,
    ChunkDataUnterminated,
    TrailersTooLarge,
}

/// <summary>What kind of refusal a rule leads to; on a request, one status each.</summary>
internal enum RejectionClass : byte
{
    None,

    /// <summary>400.</summary>
    Malformed,

    /// <summary>414.</summary>
    RequestLineTooLong,

    /// <summary>431.</summary>
    FieldsTooLarge,

    /// <summary>405.</summary>
    MethodNotServed,

    /// <summary>501.</summary>
    CodingNotServed,

    /// <summary>505.</summary>
    VersionNotServed,
}
