using PipeProxy.Http1;

namespace PipeProxy.Routing;

/// <summary>What a template may read of a request: spans over its head, borrowed for the call.</summary>
internal readonly ref struct RequestFacts
{
    internal required ReadOnlySpan<byte> Method { get; init; }

    /// <summary>As sent, without the query.</summary>
    internal required ReadOnlySpan<byte> Path { get; init; }

    /// <summary>The query as sent, with its question mark; empty when there was none.</summary>
    internal ReadOnlySpan<byte> Search { get; init; }

    /// <summary>The Host field, or the authority of an absolute-form target; with the port when it was sent.</summary>
    internal ReadOnlySpan<byte> Host { get; init; }

    /// <summary>The client's connection is TLS.</summary>
    internal bool IsTls { get; init; }

    internal ReadOnlySpan<byte> RequestId { get; init; }

    /// <summary>Null: no field has a value.</summary>
    internal FieldTable? Fields { get; init; }
}
