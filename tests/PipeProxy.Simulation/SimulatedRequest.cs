namespace PipeProxy.Simulation;

/// <summary>One request of a simulated client, and what became of it.</summary>
internal sealed class SimulatedRequest
{
    /// <summary>Its number, which request and response carry.</summary>
    internal required int Token { get; init; }

    /// <summary>The route that its path is meant for.</summary>
    internal required int Route { get; init; }

    internal required string Method { get; init; }

    /// <summary>Bytes of its body; -1 without one.</summary>
    internal required int BodyBytes { get; init; }

    /// <summary>When its first byte was sent.</summary>
    internal required long SentAt { get; init; }

    /// <summary>When its first byte was sent, in microseconds.</summary>
    internal required long SentTime { get; init; }

    /// <summary>Heads of it that reached an origin.</summary>
    internal int Arrivals { get; set; }

    /// <summary>How often the proxy may send it (RFC 9110 section 9.2.2, and never again once a body has gone).</summary>
    internal int MaxArrivals => Method is "GET" or "HEAD" or "PUT" or "DELETE" or "OPTIONS" && BodyBytes <= 0 ? 2 : 1;

    /// <summary>A byte of its body.</summary>
    internal byte RequestByte(int index) => (byte)(((uint)Token * 2654435761 >> 11) + ((uint)index * 7) + 1);

    /// <summary>A byte of its answer.</summary>
    internal byte ResponseByte(int index) => (byte)(((uint)Token * 2246822519 >> 9) + ((uint)index * 5) + 3);

    public override string ToString() => $"request {Token} ({Method}, route {Route}, body {BodyBytes})";
}
