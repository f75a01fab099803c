using System.Net;
using Microsoft.Extensions.Logging;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Opens connections: name, address, TCP, TLS, in this order; each step's failure has its own name.</summary>
/// <remarks>Called and completed on the loop that will own the connection.</remarks>
internal sealed partial class UpstreamDialer(OriginResolver resolver, TlsConnector tls, BufferSizes sizes, ILogger logger)
{
    private int _dials = -1;

    /// <summary>Opens a connection for <paramref name="pool"/>; the caller has reserved its place.</summary>
    /// <param name="pool">The identity to open it under.</param>
    /// <param name="loop">The loop that will own it.</param>
    /// <param name="connectTimeout">Bound on the DNS answer and on each address.</param>
    public async ValueTask<(UpstreamConnection? Connection, Failure? Failure)> OpenAsync(KeyPool pool, EventLoop loop, TimeSpan connectTimeout)
    {
        var key = pool.Key;
        var (addresses, failure) = await resolver.ResolveAsync(key.Host, loop, connectTimeout);
        if (failure is not null)
        {
            return (null, failure);
        }

        SocketConnection? socket = null;
        var first = (int)((uint)Interlocked.Increment(ref _dials) % (uint)Math.Max(1, addresses.Length));
        for (var i = 0; i < addresses.Length; i++)
        {
            // Each dial begins with another address, so that all of an origin's addresses share the load.
            var endPoint = new IPEndPoint(addresses[(first + i) % addresses.Length], key.Port);
            var connected = await loop.ConnectAsync(endPoint, connectTimeout);
            if (connected.Connection is not null)
            {
                socket = connected.Connection;
                break;
            }

            // The last address's failure is told: when all fail, they mostly fail alike.
            failure = DescribeConnect(connected.Status, endPoint, connectTimeout);
        }

        if (socket is null)
        {
            return (null, failure);
        }

        if (pool.Tls is null)
        {
            return (new UpstreamConnection(socket, pool, sizes), null);
        }

        var secured = await tls.ConnectAsync(socket, pool.Tls);
        loop.AssertInside();
        pool.CountersOf(loop).HandshakeEnded(secured.Failure?.Outcome);
        if (secured.Connection is not { } stream)
        {
            return (null, secured.Failure);
        }

        if (key.Identity is { } identity && stream.CertificateRequested == false && pool.TryNoteNotRequested())
        {
            LogNotRequested(logger, key.Origin, identity.Name);
        }

        return (new UpstreamConnection(stream, pool, sizes), null);
    }

    /// <summary>Why a TCP connect failed.</summary>
    internal static Failure DescribeConnect(IoStatus status, IPEndPoint endPoint, TimeSpan timeout) => status switch
    {
        IoStatus.Refused => new Failure(Outcome.ConnectionRefused, $"{endPoint} refused the connection.", "Nothing listens there: check host and port of the route's baseUrl, and that the origin runs."),
        IoStatus.TimedOut => new Failure(Outcome.ConnectionTimeout, $"{endPoint} did not answer in {timeout.TotalSeconds:0.#} s.", "A security group or firewall that drops packets looks like this; else raise timeouts.connect."),
        IoStatus.Unreachable => new Failure(Outcome.DestinationUnroutable, $"{endPoint} cannot be reached from here.", "Check routing and the address that the origin's name resolves to."),
        _ => new Failure(Outcome.ConnectFailed, $"The connection to {endPoint} failed: {status}.", "Look at the network between here and the origin."),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Origin} asked for no client certificate, so '{Certificate}' was not sent. Turn mutual TLS on there (an ALB: verify with trust store), or drop mtlsCertificate from the route; requireCertificateRequest makes this a 522.")]
    private static partial void LogNotRequested(ILogger logger, string origin, string certificate);
}
