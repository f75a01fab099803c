using System.Runtime.CompilerServices;
using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>The route that takes a request, and what its path's parameters matched, as ranges over the path.</summary>
/// <remarks>Valid with the path that was matched. Reused from request to request; the table overwrites it.</remarks>
internal struct RouteMatch
{
    private Ranges _ranges;

    internal Route Route { get; private set; }

    /// <summary>What parameter <paramref name="index"/> of the route's path matched: bytes as the client sent them.</summary>
    internal readonly ReadOnlySpan<byte> ValueOf(int index, ReadOnlySpan<byte> path)
        => path.Slice(_ranges[index].Start, _ranges[index].Length);

    internal void Begin(Route route) => Route = route;

    internal void Capture(int index, int start, int length) => _ranges[index] = (start, length);

    [InlineArray(PathTemplate.MaxParameters)]
    private struct Ranges
    {
        private (int Start, int Length) _first;
    }
}
