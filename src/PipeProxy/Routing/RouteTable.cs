using System.Text;
using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>All routes, compiled. Finds the first in file order that takes a request, without an allocation. Immutable.</summary>
/// <remarks>
/// A tree of segments per host, and one for routes of every host. A walk visits each way a path can be read (literal and parameter) and
/// turns back where no lower index can be found, so the file's order decides although the order of the search is another. The cost follows
/// the number of ways, not the number of routes.
/// </remarks>
internal sealed class RouteTable
{
    /// <summary>A name has at most 253 bytes, and three times that when every character was sent percent-encoded.</summary>
    private const int MaxHost = 256;
    private const int MaxEncodedHost = 3 * MaxHost;

    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly RouteNode _everyHost = new();
    private readonly SegmentTable<RouteNode> _hosts = new();
    private readonly Route[] _routes;

    private RouteTable(Route[] routes)
    {
        _routes = routes;
        foreach (var route in routes)
        {
            var root = route.Config.Host is { } host
                ? _hosts.GetOrAdd(KeyOf(Encoding.ASCII.GetBytes(host.ToLowerInvariant())), static () => new RouteNode())
                : _everyHost;
            root.Add(route);
        }
    }

    internal IReadOnlyList<Route> Routes => _routes;

    /// <summary>Compiles routes that were checked before.</summary>
    /// <exception cref="ArgumentException">A route is wrong; the message names each.</exception>
    internal static RouteTable Build(IReadOnlyList<RouteConfig> routes)
    {
        var errors = new List<ConfigurationError>();
        return TryBuild(routes, errors) ?? throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(routes));
    }

    /// <summary>Compiles routes, or reports every wrong one and returns null.</summary>
    /// <param name="routes">In order.</param>
    /// <param name="errors">Takes what is wrong, with the route's position and <c>routes[i].key</c>.</param>
    /// <param name="variables">Values of <c>${env.X}</c> that stand in the templates still; routes that were loaded from files have none left.</param>
    internal static RouteTable? TryBuild(IReadOnlyList<RouteConfig> routes, ICollection<ConfigurationError> errors, IReadOnlyDictionary<string, string>? variables = null)
    {
        var known = errors.Count;
        var compiled = new List<Route>(routes.Count);
        for (var i = 0; i < routes.Count; i++)
        {
            if (Route.TryCompile(i, routes[i], variables ?? NoVariables, errors) is { } route)
            {
                compiled.Add(route);
            }
        }

        return errors.Count == known ? new RouteTable([.. compiled]) : null;
    }

    /// <summary>Finds the first route that takes the request.</summary>
    /// <param name="method">As sent.</param>
    /// <param name="host">Host field or authority, with or without a port; empty when there is none.</param>
    /// <param name="path">As sent, without the query.</param>
    /// <param name="match">The route and its parameters; unchanged when false is returned.</param>
    /// <returns>False when no route takes path, host and method together; a path with another method is no match either.</returns>
    internal bool TryMatch(ReadOnlySpan<byte> method, ReadOnlySpan<byte> host, ReadOnlySpan<byte> path, ref RouteMatch match)
        => TryMatch(method, host, path, ref match, out _);

    // As above; "visited" counts the nodes and routes looked at.
    internal bool TryMatch(ReadOnlySpan<byte> method, ReadOnlySpan<byte> host, ReadOnlySpan<byte> path, ref RouteMatch match, out int visited)
    {
        visited = 0;
        if (path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        var walk = new RouteWalk(method, path);
        if (_hosts.Count > 0)
        {
            WalkHost(ref walk, host);
        }

        walk.Visit(_everyHost, 0);
        visited = walk.Visited;
        if (walk.Best == int.MaxValue)
        {
            return false;
        }

        Capture(_routes[walk.Best], path, ref match);
        return true;
    }

    private void WalkHost(ref RouteWalk walk, scoped ReadOnlySpan<byte> host)
    {
        host = RequestHost.NameOf(host);
        if (Ipv6Host.IsOne(host))
        {
            WalkAddress(ref walk, host);
        }
        else if (host.Contains((byte)'%'))
        {
            WalkEncoded(ref walk, host);
        }
        else
        {
            WalkName(ref walk, host);
        }
    }

    // RFC 3986 section 6.2.2.2: an octet of an unreserved character equals the character.
    private void WalkEncoded(ref RouteWalk walk, scoped ReadOnlySpan<byte> host)
    {
        if (host.Length <= MaxEncodedHost)
        {
            Span<byte> normal = stackalloc byte[MaxEncodedHost];
            WalkName(ref walk, normal[..PathBytes.Normalise(host, normal)]);
        }
    }

    // RFC 3986 section 6.2.2.1: hosts are compared without case.
    private void WalkName(ref RouteWalk walk, scoped ReadOnlySpan<byte> host)
    {
        Span<byte> name = stackalloc byte[MaxHost];
        host = WithoutLastDot(host);
        if (host.Length <= MaxHost && Ascii.ToLower(host, name, out var length) == System.Buffers.OperationStatus.Done && _hosts.TryGet(name[..length], out var root))
        {
            walk.Visit(root, 0);
        }
    }

    private void WalkAddress(ref RouteWalk walk, scoped ReadOnlySpan<byte> host)
    {
        Span<byte> key = stackalloc byte[Ipv6Host.KeyLength];
        if (Ipv6Host.TryKey(host, key) && _hosts.TryGet(key, out var root))
        {
            walk.Visit(root, 0);
        }
    }

    // Of a route's host, in lower case.
    private static byte[] KeyOf(byte[] host)
    {
        var address = new byte[Ipv6Host.KeyLength];
        return Ipv6Host.TryKey(host, address) ? address : WithoutLastDot(host).ToArray();
    }

    // RFC 3986 section 3.2.2: the dot at the end only says that the name is whole.
    private static ReadOnlySpan<byte> WithoutLastDot(ReadOnlySpan<byte> host) => host is [_, .., (byte)'.'] ? host[..^1] : host;

    /// <summary>Reads the path once more along the one route that won.</summary>
    private static void Capture(Route route, ReadOnlySpan<byte> path, ref RouteMatch match)
    {
        match.Begin(route);
        var (at, parameter) = (0, 0);
        foreach (var matcher in route.Matchers)
        {
            var start = at + 1;
            var length = path[start..].IndexOf((byte)'/');
            length = length < 0 ? path.Length - start : length;
            if (matcher is not null)
            {
                matcher.TryFindValue(path.Slice(start, length), out var before, out var value);
                match.Capture(parameter++, start + before, value);
            }

            at = start + length;
        }

        if (route.Path.Tail != PathTail.None)
        {
            var start = Math.Min(at + 1, path.Length);
            start += PathBytes.MatchStart(path[start..], route.TailPrefix);
            match.Capture(parameter, start, path.Length - start);
        }
    }
}
