namespace PipeProxy.Connections;

/// <summary>What becomes of a request: the only way up from a connection. Implemented by the dispatcher of routes.</summary>
internal interface IRequestHandler
{
    /// <summary>Answers <paramref name="exchange"/>, or fails it. Called on the connection's loop; completes on it.</summary>
    /// <remarks>Never throws for what a client or an origin does; an exception is a bug of the proxy and becomes 500.</remarks>
    ValueTask HandleAsync(Exchange exchange);
}
