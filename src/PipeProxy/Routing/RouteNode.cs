using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>A node of the tree that all routes of one host share: the segments read so far.</summary>
internal sealed class RouteNode
{
    private readonly List<Route> _ends = [];
    private readonly List<RouteTail> _tails = [];
    private readonly List<(PathSegment Segment, SegmentMatcher Matcher, RouteNode Node)> _parameters = [];

    /// <summary>The lowest route index at or below this node; a walk that has a lower one already turns back here.</summary>
    internal int Lowest { get; private set; } = int.MaxValue;

    internal SegmentTable<RouteNode> Literals { get; } = new();

    /// <summary>Routes whose path ends here, in order.</summary>
    internal List<Route> Ends => _ends;

    /// <summary>Routes that take whatever follows, in order.</summary>
    internal List<RouteTail> Tails => _tails;

    internal List<(PathSegment Segment, SegmentMatcher Matcher, RouteNode Node)> Parameters => _parameters;

    /// <summary>Adds a route; called in ascending order of the index.</summary>
    internal void Add(Route route)
    {
        var node = this;
        node.Lowest = Math.Min(node.Lowest, route.Index);
        foreach (var segment in route.Path.Segments)
        {
            node = segment.Parameter is null ? node.LiteralChild(segment.Prefix) : node.ParameterChild(segment);
            node.Lowest = Math.Min(node.Lowest, route.Index);
        }

        if (route.Path.Tail == PathTail.None)
        {
            node._ends.Add(route);
        }
        else
        {
            node._tails.Add(new RouteTail(route, route.Path.Tail == PathTail.Optional));
        }
    }

    private RouteNode LiteralChild(string text) => Literals.GetOrAdd(PathBytes.Normalise(text), static () => new RouteNode());

    /// <summary>Parameters of other names but the same form share a child.</summary>
    private RouteNode ParameterChild(PathSegment segment)
    {
        foreach (var (known, _, node) in _parameters)
        {
            if (known.Prefix == segment.Prefix && known.Suffix == segment.Suffix && known.Constraint?.ToString() == segment.Constraint?.ToString())
            {
                return node;
            }
        }

        var child = new RouteNode();
        _parameters.Add((segment, new SegmentMatcher(segment), child));
        return child;
    }
}

/// <summary>A route that takes the rest of a path.</summary>
/// <param name="Route">The route.</param>
/// <param name="MayBeAbsent">The path may also end without that slash.</param>
internal sealed record RouteTail(Route Route, bool MayBeAbsent);
