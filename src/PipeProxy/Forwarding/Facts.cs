using PipeProxy.Connections;
using PipeProxy.Routing;

namespace PipeProxy.Forwarding;

/// <summary>What templates may read of an exchange.</summary>
internal static class Facts
{
    /// <summary>Spans over the request's head; valid until the exchange ends.</summary>
    public static RequestFacts Of(Exchange exchange)
    {
        var request = exchange.Request;
        return new RequestFacts
        {
            Method = request.MethodSpan,
            Path = request.Path,
            Search = request.Query,
            Host = request.HostOrAuthority,
            IsTls = exchange.IsTls,
            RequestId = exchange.RequestId,
            Fields = request.Fields,
        };
    }
}
