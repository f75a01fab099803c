namespace PipeProxy.Routing;

/// <summary>One search through the tree: the request, and the lowest route found so far.</summary>
internal ref struct RouteWalk
{
    /// <summary>A literal is at most this long, and three times that when every character was sent percent-encoded.</summary>
    private const int MaxEncodedLiteral = 3 * Configuration.PathTemplate.MaxLiteral;

    private readonly ReadOnlySpan<byte> _method;
    private readonly ReadOnlySpan<byte> _path;

    internal RouteWalk(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path)
    {
        _method = method;
        _path = path;
        Best = int.MaxValue;
    }

    /// <summary>Index of the lowest route found; <see cref="int.MaxValue"/> for none.</summary>
    internal int Best { get; private set; }

    internal int Visited { get; private set; }

    /// <summary>Looks for a lower route at and below <paramref name="node"/>.</summary>
    /// <param name="node">Stands for the segments before <paramref name="at"/>.</param>
    /// <param name="at">The slash before the next segment, or the path's end.</param>
    internal void Visit(RouteNode node, int at)
    {
        Visited++;
        if (node.Lowest >= Best)
        {
            return;
        }

        VisitTails(node, at);
        if (at == _path.Length)
        {
            VisitEnds(node);
            return;
        }

        var rest = _path[(at + 1)..];
        var length = rest.IndexOf((byte)'/');
        var segment = length < 0 ? rest : rest[..length];
        var next = at + 1 + segment.Length;
        VisitLiteral(node, segment, next);
        foreach (var (_, matcher, child) in node.Parameters)
        {
            if (child.Lowest < Best && matcher.Matches(segment))
            {
                Visit(child, next);
            }
        }
    }

    private void VisitLiteral(RouteNode node, ReadOnlySpan<byte> segment, int next)
    {
        RouteNode? child;
        if (!segment.Contains((byte)'%'))
        {
            node.Literals.TryGet(segment, out child);
        }
        else if (segment.Length <= MaxEncodedLiteral)
        {
            Span<byte> normal = stackalloc byte[MaxEncodedLiteral];
            node.Literals.TryGet(normal[..PathBytes.Normalise(segment, normal)], out child);
        }
        else
        {
            child = null;
        }

        if (child is not null)
        {
            Visit(child, next);
        }
    }

    private void VisitTails(RouteNode node, int at)
    {
        foreach (var tail in node.Tails)
        {
            Visited++;
            if (tail.Route.Index >= Best)
            {
                return;
            }

            var fits = at == _path.Length ? tail.MayBeAbsent : PathBytes.MatchStart(_path[(at + 1)..], tail.Route.TailPrefix) >= 0;
            if (fits && tail.Route.Takes(_method))
            {
                Best = tail.Route.Index;
                return;
            }
        }
    }

    private void VisitEnds(RouteNode node)
    {
        foreach (var route in node.Ends)
        {
            Visited++;
            if (route.Index >= Best)
            {
                return;
            }

            if (route.Takes(_method))
            {
                Best = route.Index;
                return;
            }
        }
    }
}
