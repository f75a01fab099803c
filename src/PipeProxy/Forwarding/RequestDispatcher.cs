using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Routing;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>Finds the route of a request and hands it to what the route does: forward, redirect, or say that it cannot be served.</summary>
internal sealed class RequestDispatcher(Forwarder forwarder, ForwardingTable table) : IRequestHandler
{
    private volatile ForwardingTable _table = table;

    /// <summary>The routes in force. Requests that run keep the ones they started with.</summary>
    public ForwardingTable Table
    {
        get => _table;
        set => _table = value;
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(Exchange exchange)
    {
        var table = _table;
        if (exchange.Framing.HasBody && exchange.Framing.Length > exchange.Settings.MaxBodyBytes)
        {
            exchange.Fail(new Failure(Outcome.BodyTooLarge, $"The body is larger than {exchange.Settings.MaxBodyBytes} bytes.", "Send less, or raise limits.body."));
            return default;
        }

        if (ProxyHops.TryAnswer(exchange))
        {
            return default;
        }

        var match = default(RouteMatch);
        var request = exchange.Request;
        if (!table.Routes.TryMatch(request.MethodSpan, request.HostOrAuthority, request.Path, ref match))
        {
            if (CorsPreflight.TryAnswer(exchange, table))
            {
                return default;
            }

            exchange.Fail(new Failure(Outcome.NoRoute, "No route takes this method, host and path.", "Compare it with the paths in the routes file; the first that matches is taken."));
            return default;
        }

        exchange.Route = match.Route.Config.Name;
        var policy = table.Policies[match.Route.Index];
        if (policy is not null && CorsPreflight.TryAnswer(exchange, table))
        {
            return default;
        }

        switch (match.Route.Handler)
        {
            case RouteHandlerConfig.Redirect redirect:
                if (!RedirectAnswer.TryWrite(exchange, redirect, match, policy))
                {
                    exchange.Fail(new Failure(Outcome.RequestMalformed, "The path's parameters make no valid location.", "Send values that make no dot segment of the path, and begin it with no two slashes."));
                }

                return default;
            case RouteHandlerConfig.Unsupported unsupported:
                exchange.Fail(new Failure(Outcome.RouteNotSupported, $"The route's handler, {unsupported.What}, is not supported.", "Give the route a urlForwardHandler, urlRewriteHandler or redirectHandler, or remove it."));
                return default;
            case RouteHandlerConfig.Function function:
                exchange.Fail(new Failure(Outcome.RouteNotSupported, $"The route's function, {function.Name}, is not there.", "Functions cannot be registered yet; give the route a urlForwardHandler, urlRewriteHandler or redirectHandler, or remove it."));
                return default;
            default:
                return forwarder.ForwardAsync(exchange, table.Targets[match.Route.Index]!, match, policy);
        }
    }
}
