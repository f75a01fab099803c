namespace AlbSimulator;

/// <summary>A request as it reached the load balancer.</summary>
/// <param name="Subject">The client certificate's subject; null when none was presented.</param>
/// <param name="SerialNumber">The client certificate's serial number in hexadecimal; null when none was presented.</param>
/// <param name="Method">As sent.</param>
/// <param name="Target">As sent, with the query.</param>
/// <param name="Fields">As sent, in order.</param>
/// <param name="BodyLength">In bytes, chunk framing left out.</param>
/// <param name="ConnectionId">The same for all requests of a connection.</param>
/// <param name="RequestNumber">1 for the first request of its connection.</param>
public sealed record SeenRequest(
    string? Subject,
    string? SerialNumber,
    string Method,
    string Target,
    IReadOnlyList<(string Name, string Value)> Fields,
    long BodyLength,
    string ConnectionId,
    long RequestNumber);
