using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Routing;
using PipeProxy.Telemetry;

namespace PipeProxy.Forwarding;

/// <summary>Answers the question that a browser asks before it sends a request of another site (Fetch standard, section 3.2.2).</summary>
internal static class CorsPreflight
{
    /// <summary>Answers <paramref name="exchange"/> if it is a preflight for a route whose policy allows its origin.</summary>
    /// <returns>False: it is something else, or not allowed; the caller looks for a route of its own, and answers 404 without one.</returns>
    public static bool TryAnswer(Exchange exchange, ForwardingTable table)
    {
        var request = exchange.Request;
        if (request.Method != HttpMethodKind.Options || exchange.Framing.HasBody || !request.Fields.Contains(KnownField.Origin))
        {
            return false;
        }

        var method = request.Fields.ValueOf("access-control-request-method"u8);
        var match = default(RouteMatch);
        if (method.IsEmpty || !table.Routes.TryMatch(method, request.HostOrAuthority, request.Path, ref match)
            || table.Policies[match.Route.Index] is not { } policy || !policy.Allows(request.Fields.ValueOf(KnownField.Origin)))
        {
            return false;
        }

        exchange.Route = match.Route.Config.Name;
        exchange.Begin(204, Outcome.Answered);
        var writer = new Http1Writer(exchange.Output);
        writer.WriteStatusLine(204, "No Content"u8);
        policy.WritePreflightFields(ref writer, request);
        exchange.WriteConnectionField(ref writer);
        writer.WriteLineEnd();
        writer.Commit();
        return true;
    }
}
