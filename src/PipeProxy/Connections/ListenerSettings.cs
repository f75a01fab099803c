using System.Net;
using PipeProxy.Configuration;
using PipeProxy.Tls;

namespace PipeProxy.Connections;

/// <summary>What a listener needs of a configuration; swapped whole, in force for connections accepted from then on.</summary>
/// <param name="Tls">Certificates of an https listener; null for a plain one.</param>
/// <param name="ProxyProtocolFrom">Clients whose connections begin with a PROXY protocol header.</param>
/// <param name="MaxConnections">Connections of this listener at a time.</param>
/// <param name="Forwarding">What origins are told of a client's certificate.</param>
internal sealed record ListenerSettings(TlsServerOptions? Tls, IPNetwork[] ProxyProtocolFrom, int MaxConnections, ClientCertificateForwarding Forwarding)
{
    /// <summary>Compiles a listener's configuration.</summary>
    public static ListenerSettings Of(ListenerConfig config, TlsServerOptions? tls)
        => new(tls, [.. config.ProxyProtocolFrom], config.Connections ?? int.MaxValue, config.ClientCertificates.Forward);

    /// <summary>Whether a connection from this address must begin with a PROXY protocol header.</summary>
    public bool ExpectsProxyHeader(IPAddress? address) => address is not null && ProxyProtocolFrom.Length > 0 && Array.Exists(ProxyProtocolFrom, network => network.Contains(address));
}
