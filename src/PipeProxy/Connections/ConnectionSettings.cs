using System.Net;
using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Http1;

namespace PipeProxy.Connections;

/// <summary>What connections need of a configuration, compiled once and swapped whole.</summary>
internal sealed record ConnectionSettings
{
    /// <summary>Compiles <paramref name="config"/>.</summary>
    public static ConnectionSettings Of(ProxyConfig config) => new()
    {
        Timeouts = config.Timeouts,
        HeadLimits = new HeadLimits(config.Limits.RequestLine, config.Limits.Field, config.Limits.Fields, config.Limits.FieldCount) { Target = config.Limits.Uri ?? int.MaxValue },
        ResponseLimits = new HeadLimits(config.Limits.RequestLine, config.Limits.ResponseHead, config.Limits.ResponseHead, config.Limits.FieldCount * 2),
        ChunkLimits = new ChunkLimits(config.Limits.ChunkExtensions, config.Limits.Trailers),
        MaxInterimResponses = config.Limits.InterimResponses,
        MaxBodyBytes = config.Limits.Body ?? long.MaxValue,
        MaxConnections = config.Limits.Connections,
        MaxConnectionsPerClient = config.Limits.ConnectionsPerClient ?? int.MaxValue,
        MaxRequestsPerConnection = config.Limits.RequestsPerConnection ?? int.MaxValue,
        RequestBodyRate = config.Limits.RequestBodyRate,
        ResponseBodyRate = config.Limits.ResponseBodyRate,
        TrustedHops = [.. config.Forwarding.TrustedHops],
        Upgrades = [.. config.Forwarding.Upgrades.Where(static upgrade => !upgrade.Equals("h2c", StringComparison.OrdinalIgnoreCase)).Select(Encoding.ASCII.GetBytes)],
        SendsForwarded = config.Forwarding.Forwarded,
        StatusProfile = config.StatusProfile,
        TellsClients = config.ErrorDetail switch
        {
            ErrorDetail.Full => true,
            ErrorDetail.Generic => false,
            _ => config.EnvironmentType != EnvironmentType.Production,
        },
    };

    /// <summary>Deadlines.</summary>
    public required TimeoutConfig Timeouts { get; init; }

    /// <summary>Limits of request heads.</summary>
    public required HeadLimits HeadLimits { get; init; }

    /// <summary>Limits of response heads.</summary>
    public required HeadLimits ResponseLimits { get; init; }

    /// <summary>Limits of chunked bodies, either way.</summary>
    public required ChunkLimits ChunkLimits { get; init; }

    /// <summary>Interim responses before the final one.</summary>
    public required int MaxInterimResponses { get; init; }

    /// <summary>Most bytes of a request's body.</summary>
    public required long MaxBodyBytes { get; init; }

    /// <summary>Client connections at a time.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Connections of one client at a time.</summary>
    public required int MaxConnectionsPerClient { get; init; }

    /// <summary>Requests on one connection.</summary>
    public required int MaxRequestsPerConnection { get; init; }

    /// <summary>Bytes per second of a request's body, at least; 0: any.</summary>
    public required int RequestBodyRate { get; init; }

    /// <summary>Bytes per second of a response's body that a client takes, at least; 0: any.</summary>
    public required int ResponseBodyRate { get; init; }

    /// <summary>A request has a time or a pace to keep.</summary>
    public bool NeedsClock => Timeouts.Total is not null || RequestBodyRate > 0 || ResponseBodyRate > 0;

    /// <summary>Clients whose word about their own clients is believed.</summary>
    public required IPNetwork[] TrustedHops { get; init; }

    /// <summary>Protocols that a client may upgrade to. Never h2c, whose requests nobody here would see.</summary>
    public required byte[][] Upgrades { get; init; }

    /// <summary>Origins get <c>Forwarded</c> (RFC 7239) too.</summary>
    public required bool SendsForwarded { get; init; }

    /// <summary>Which status codes failures become.</summary>
    public required StatusProfile StatusProfile { get; init; }

    /// <summary>A client is told cause and next step; otherwise only that it failed.</summary>
    public required bool TellsClients { get; init; }
}
