using System.Net;
using Microsoft.Extensions.Logging;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>One client's connection from accept to close: who it is, whether there is room, TLS, and then its requests.</summary>
/// <remarks>Loop-owned. A client without room is still read up to its first request, and told by a 503.</remarks>
internal sealed partial class ClientConnection(SocketConnection socket, ListenerSettings settings, ConnectionServices services, TlsAcceptor acceptor, Failure? refusal)
{
    private Http1Connection? _requests;
    private IPAddress? _countedAs;
    private bool _draining;

    /// <summary>The loop that owns the connection.</summary>
    public EventLoop Loop => socket.Loop;

    /// <summary>The address as it is written everywhere: IPv4 as IPv4.</summary>
    public static IPEndPoint? Plain(EndPoint? endPoint)
        => endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : endPoint as IPEndPoint;

    /// <summary>From now on every answer is the last of its connection. Any thread.</summary>
    public void Drain() => Loop.Post(static state => ((ClientConnection)state!).DrainCore(), this);

    /// <summary>Ends the connection at once with a reset, and whatever it waits for.</summary>
    public void Cut()
    {
        if (_requests is null)
        {
            socket.Abort();
        }
        else
        {
            _requests.Cut();
        }
    }

    /// <summary>Serves the connection until it ends. Never throws for what a client does.</summary>
    public async Task RunAsync()
    {
        // :: Step 1: who is it?
        var client = Plain(socket.RemoteEndPoint);
        if (settings.ExpectsProxyHeader(client?.Address))
        {
            var header = await new ProxyHeaderReader(socket).ReadAsync(services.Settings.Timeouts.Handshake);
            if (!header.Ok)
            {
                LogNoHeader(services.Logger, client);
                socket.Abort();
                return;
            }

            client = Plain(header.Source) ?? client;
        }

        try
        {
            // :: Step 2: is there room for one more of this client?
            refusal ??= CountClient(client);

            // :: Step 3: TLS
            LoopStream? stream = socket;
            ClientVerdict? verdict = null;
            if (settings.Tls is { } tls)
            {
                var secured = await acceptor.AcceptAsync(socket, tls);
                if (secured.Failure is { } failure)
                {
                    LogHandshake(failure, client);
                }

                stream = secured.Connection;
                verdict = secured.Client;
            }

            // :: Step 4: requests, one after the other
            if (stream is not null)
            {
                _requests = new Http1Connection(stream, services, client, refusal ?? verdict?.Refusal, ClientCertificateFields.Of(verdict, settings.Forwarding));
                if (_draining)
                {
                    _requests.Drain();
                }

                await _requests.RunAsync();
            }
        }
        finally
        {
            if (_countedAs is not null)
            {
                services.Counts.Leave(_countedAs);
            }
        }
    }

    private void DrainCore()
    {
        _draining = true;
        _requests?.Drain();
    }

    // A trusted hop stands for many clients, so it is not counted as one.
    private Failure? CountClient(IPEndPoint? client)
    {
        var current = services.Settings;
        if (current.MaxConnectionsPerClient == int.MaxValue || client is null || Array.Exists(current.TrustedHops, hop => hop.Contains(client.Address)))
        {
            return null;
        }

        if (services.Counts.TryEnter(client.Address, current.MaxConnectionsPerClient))
        {
            _countedAs = client.Address;
            return null;
        }

        return new Failure(Outcome.ClientConnectionLimit, $"{client.Address} has {current.MaxConnectionsPerClient} connections open already.", "Use them again, or raise limits.connectionsPerClient.");
    }

    private void LogHandshake(Failure failure, IPEndPoint? client)
    {
        if (services.Logger.IsEnabled(LogLevel.Debug))
        {
            LogHandshake(services.Logger, client, failure.Detail);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The TLS handshake with client {Client} failed: {Detail}")]
    private static partial void LogHandshake(ILogger logger, EndPoint? client, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Client} is to begin its connections with a PROXY protocol header (proxyProtocol.from) and sent none that is valid; the connection was closed.")]
    private static partial void LogNoHeader(ILogger logger, EndPoint? client);
}
