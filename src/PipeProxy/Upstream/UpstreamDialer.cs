using System.Net;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>What <see cref="UpstreamDialer.DialAsync"/> came to.</summary>
/// <param name="Stream">Bytes to and from the origin, after the handshake; null after a failure.</param>
/// <param name="Address">Whom it connected to; null when it did not.</param>
/// <param name="HandshakeTried">It came as far as TLS.</param>
/// <param name="Failure">Why there is no stream.</param>
internal readonly record struct DialResult(LoopStream? Stream, IPAddress? Address, bool HandshakeTried, Failure? Failure);

/// <summary>Opens connections: name, address, TCP, TLS, in this order; each step's failure has its own name.</summary>
/// <remarks>Called and completed on the loop that will own the connection. Knows no pool: what it opens is whoever's asks.</remarks>
internal sealed class UpstreamDialer(OriginResolver resolver, TlsConnector connector)
{
    private int _dials = -1;

    /// <summary>Dials.</summary>
    /// <param name="key">Where to, and under which identity.</param>
    /// <param name="tls">How to handshake; null for plain origins.</param>
    /// <param name="loop">The loop that will own the connection.</param>
    /// <param name="connectTimeout">Bound on the DNS answer and on each address.</param>
    public async ValueTask<DialResult> DialAsync(UpstreamKey key, TlsClientOptions? tls, EventLoop loop, TimeSpan connectTimeout)
    {
        var (addresses, failure) = await resolver.ResolveAsync(key.Host, loop, connectTimeout);
        if (failure is not null)
        {
            return new DialResult(null, null, false, failure);
        }

        var turn = (uint)Interlocked.Increment(ref _dials);
        var race = new ConnectRace(loop, ConnectRace.Order(addresses, turn), key.Port, connectTimeout);
        var (socket, address) = await race.RunAsync();
        if (socket is null)
        {
            return new DialResult(null, null, false, DescribeConnect(race.LastStatus, race.LastEndPoint, connectTimeout));
        }

        if (tls is null)
        {
            return new DialResult(socket, address, false, null);
        }

        var secured = await connector.SecureAsync(socket, tls);
        loop.AssertInside();
        return new DialResult(secured.Connection, address, true, secured.Failure);
    }

    /// <summary>Why a TCP connect failed.</summary>
    internal static Failure DescribeConnect(IoStatus status, IPEndPoint endPoint, TimeSpan timeout) => status switch
    {
        IoStatus.Refused => new Failure(Outcome.ConnectionRefused, $"{endPoint} refused the connection.", "Nothing listens there: check host and port of the route's baseUrl, and that the origin runs."),
        IoStatus.TimedOut => new Failure(Outcome.ConnectionTimeout, $"{endPoint} did not answer in {timeout.TotalSeconds:0.#} s.", "A security group or firewall that drops packets looks like this; else raise timeouts.connect."),
        IoStatus.Unreachable => new Failure(Outcome.DestinationUnroutable, $"{endPoint} cannot be reached from here.", "Check routing and the address that the origin's name resolves to."),
        IoStatus.NoDescriptor => new Failure(Outcome.ConnectionLimit, $"The proxy has no descriptor left for a connection to {endPoint}.", "Raise its limit of open files (ulimit -n, LimitNOFILE= in a systemd unit), or lower limits.connections."),
        _ => new Failure(Outcome.ConnectFailed, $"The connection to {endPoint} failed: {status}.", "Look at the network between here and the origin."),
    };
}
