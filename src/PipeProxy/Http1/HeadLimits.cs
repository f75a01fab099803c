namespace PipeProxy.Http1;

/// <summary>Bounds on one head, in bytes with each line's CRLF.</summary>
/// <param name="RequestLine">The request line; of a response, the status line.</param>
/// <param name="Field">One field line.</param>
/// <param name="Fields">All field lines together, without the empty line that ends them.</param>
/// <param name="FieldCount">Number of field lines.</param>
internal readonly record struct HeadLimits(int RequestLine, int Field, int Fields, int FieldCount)
{
    /// <summary>The request target alone. None by default: the request line bounds it.</summary>
    public int Target { get; init; } = int.MaxValue;

    /// <summary>The defaults of <c>limits</c> in the configuration.</summary>
    public static HeadLimits Default => new(16 * 1024, 16 * 1024, 64 * 1024, 128);
}
