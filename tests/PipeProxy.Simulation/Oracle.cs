namespace PipeProxy.Simulation;

/// <summary>What a route meant: which certificate to present, and where.</summary>
/// <param name="Name">Index of the certificate's name; -1 presents none.</param>
/// <param name="Origin">Index of the origin.</param>
internal readonly record struct RouteMeaning(int Name, int Origin);

/// <summary>Knows what may happen, from what was asked for and when: which identities were in force, and which requests are under way.</summary>
/// <remarks>
/// A lease is granted after its request was sent, and after its connection became free: when its handshake was accepted, or when the answer before it was out. It was granted before the origin sees the request. An identity
/// that was in force at no moment of that time was presented by mistake. That is sharper than the time since the request: what changed while it stood in line, or in the handshake, must have been seen.
/// </remarks>
internal sealed class Oracle(World world, int routes)
{
    private readonly Timeline<RouteMeaning?>[] _routes = [.. Enumerable.Range(0, routes).Select(static _ => new Timeline<RouteMeaning?>(null))];
    private readonly Timeline<int>[] _certificates = [.. SimulatedCertificates.Names.Select(static _ => new Timeline<int>(-1))];
    private readonly List<SimulatedRequest> _requests = [];

    internal int RequestCount => _requests.Count;

    /// <summary>What each route means now; null when it is not there.</summary>
    internal Timeline<RouteMeaning?> Route(int index) => _routes[index];

    /// <summary>Which version each name means now; -1 when none may be presented.</summary>
    internal Timeline<int> Certificate(int name) => _certificates[name];

    internal SimulatedRequest Enter(int route, string method, int bodyBytes)
    {
        var request = new SimulatedRequest { Token = _requests.Count, Route = route, Method = method, BodyBytes = bodyBytes, SentAt = world.Moment, SentTime = world.Now };
        _requests.Add(request);
        return request;
    }

    internal SimulatedRequest? Find(int token) => token >= 0 && token < _requests.Count ? _requests[token] : null;

    /// <summary>A request's head has come to an origin.</summary>
    /// <param name="request">Which.</param>
    /// <param name="route">The route that its path names.</param>
    /// <param name="origin">Where it came to.</param>
    /// <param name="presented">The certificate of the connection; -1 for none.</param>
    /// <param name="freeSince">The moment since which the connection could be lent for it.</param>
    /// <param name="freeTime">The same in microseconds.</param>
    internal void Arrived(SimulatedRequest request, int route, int origin, int presented, long freeSince, long freeTime)
    {
        if (request.Route != route)
        {
            world.Fail($"{request} arrived under the path of route {route}");
        }

        if (++request.Arrivals > request.MaxArrivals)
        {
            world.Fail($"{request} was sent {request.Arrivals} times");
        }

        var name = presented < 0 ? -1 : presented / SimulatedCertificates.Versions;
        if (!_routes[route].Any(request.SentAt, world.Moment, meaning => meaning == new RouteMeaning(name, origin)))
        {
            world.Fail($"{request} came to origin {origin} under {SimulatedCertificates.NameOf(presented)}; its route meant {_routes[route]}");
        }

        var since = Math.Max(request.SentAt, freeSince);
        if (name >= 0 && !_certificates[name].Any(since, world.Moment, number => number == presented))
        {
            world.Fail($"{request} came under {SimulatedCertificates.NameOf(presented)}, which was not in force from {since} to {world.Moment}; the name meant {_certificates[name]}");
        }

        if (presented >= 0 && presented % SimulatedCertificates.Versions == SimulatedCertificates.Expiring && Math.Max(request.SentTime, freeTime) > SimulatedCertificates.ExpiryMicroseconds)
        {
            world.Fail($"{request} came under {SimulatedCertificates.NameOf(presented)}, which has expired");
        }
    }
}
