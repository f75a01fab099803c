using Microsoft.Extensions.Logging;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Brings a connection from <see cref="UpstreamState.Connecting"/> to being open: waits for its turn by the rates, dials, and says what the handshake showed.</summary>
/// <remarks>Called and completed on the connection's loop. The caller has passed the gate and reserved the place.</remarks>
internal sealed partial class UpstreamOpener(UpstreamDialer dialer, BufferSizes sizes, ProxyMetrics metrics, ILogger logger, TimeProvider time)
{
    // Ticks of the deadlines and the delays between addresses.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <summary>Bound on a DNS answer and on a TCP connect. Set when a configuration is applied.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Handshakes with all origins, over time.</summary>
    public HandshakeRate Rate { get; } = new(time);

    /// <summary>After this every attempt has a verdict: DNS, TCP, the turn by the rates, TLS, and the origin's silence.</summary>
    public TimeSpan LongestAttempt(KeyPool pool)
        => (2 * ConnectTimeout) + pool.Config.QueueTimeout + (pool.Tls?.HandshakeTimeout ?? TimeSpan.Zero) + UpstreamConnection.Silence + Slack;

    /// <summary>Opens the connection.</summary>
    /// <param name="connection">Just made. On failure it is closed, and the gate knows.</param>
    /// <param name="lent">For a request that waits; else it goes to the shelf.</param>
    /// <returns>Why it failed; null when it is open.</returns>
    public async ValueTask<Failure?> OpenAsync(UpstreamConnection connection, bool lent)
    {
        var (pool, loop) = (connection.Pool, connection.Loop);
        try
        {
            if (pool.Tls is not null && await WaitForTurnAsync(pool, loop, lent) is { } late)
            {
                return lent ? late : null;
            }

            var dialed = await dialer.DialAsync(pool.Key, pool.Tls, loop, ConnectTimeout);
            loop.AssertInside();
            if (dialed.HandshakeTried)
            {
                pool.CountersOf(loop).HandshakeEnded(dialed.Failure?.Outcome);
            }

            if (dialed.Stream is not { } stream)
            {
                connection.FailOpening(dialed.Failure!);
                return dialed.Failure;
            }

            if (pool.Key.Identity is { } identity && stream is SecuredStream { CertificateRequested: false } && pool.TryNoteNotRequested())
            {
                LogNotRequested(logger, pool.Key.Origin, identity.Name);
            }

            if (!lent && pool.Retired)
            {
                stream.Close();
                return null;
            }

            connection.Open(stream, dialed.Address, sizes, lent);
            return null;
        }
        finally
        {
            if (connection.State == UpstreamState.Connecting)
            {
                connection.Close(UpstreamCloseReason.NotOpened);
            }
        }
    }

    // Over the rate: a request waits as long as it would in the queue, what is opened ahead does not wait at all.
    private async ValueTask<Failure?> WaitForTurnAsync(KeyPool pool, EventLoop loop, bool lent)
    {
        var within = lent ? pool.Config.QueueTimeout : TimeSpan.Zero;
        if (pool.TakeTurn(within) is not { } wait)
        {
            metrics.Upstreams.HandshakeHeldBack();
            return new Failure(
                Outcome.ConnectionLimit,
                $"More than {pool.Config.HandshakesPerSecond} handshakes per second with {pool.Key.Origin} were asked for, and this one's turn was more than {within.TotalSeconds:0.#} s away.",
                "Raise pool.handshakesPerSecond of this upstream, or find out why its connections do not last.");
        }

        if (Rate.Take(within) is not { } waitForAll)
        {
            metrics.Upstreams.HandshakeHeldBack();
            return new Failure(
                Outcome.ConnectionLimit,
                $"More than {Rate.PerSecond} handshakes per second with origins were asked for, and this one's turn was more than {within.TotalSeconds:0.#} s away.",
                "Raise limits.originHandshakesPerSecond, or find out why connections to origins do not last.");
        }

        var longer = wait > waitForAll ? wait : waitForAll;
        if (longer > TimeSpan.Zero)
        {
            await HandshakeRate.WaitAsync(loop, longer);
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Origin} asked for no client certificate, so '{Certificate}' was not sent. Turn mutual TLS on there (an ALB: verify with trust store), or drop mtlsCertificate from the route; requireCertificateRequest makes this a 522.")]
    private static partial void LogNotRequested(ILogger logger, string origin, string certificate);
}
