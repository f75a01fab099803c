namespace PipeProxy.Http1;

/// <summary>What one call of the parser came to.</summary>
internal enum ParseStatus : byte
{
    /// <summary>The bytes at hand are a valid beginning; call again with the same bytes and more behind them.</summary>
    NeedMore,

    /// <summary>The head is whole and valid.</summary>
    Done,

    /// <summary>No continuation of these bytes can become a valid head.</summary>
    Rejected,
}
