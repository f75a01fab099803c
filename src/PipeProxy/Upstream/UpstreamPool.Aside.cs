using PipeProxy.Certificates;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <content>What rotation asks of the pool: a look at an origin under a certificate that is not in force, and what is left of one that was.</content>
internal sealed partial class UpstreamPool
{
    /// <summary>Opens one connection to where <paramref name="target"/> leads, beside all pools: under <paramref name="certificate"/>, whoever is in force, and lent to nobody. Called on the loop.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="certificate">What is presented; null presents none.</param>
    /// <param name="trust">How the origin is verified.</param>
    /// <param name="loop">Owns the connection.</param>
    /// <param name="onCertificateRequest">Without a certificate: is told the authorities that the origin names.</param>
    /// <returns>The connection, which the caller closes; or why there is none. Neither gate nor breaker hears of it.</returns>
    public async ValueTask<(UpstreamConnection? Connection, Failure? Failure)> OpenAsideAsync(UpstreamTarget target, ClientCertificate? certificate, UpstreamTrust trust, EventLoop loop, Action<IReadOnlyList<string>>? onCertificateRequest = null)
    {
        loop.AssertInside();
        var key = KeyOf(target.Scheme, target.Host, target.Port, certificate, target.Config, trust);
        var options = TlsOptionsOf(key, certificate, trust) is { } tls ? tls with { OnCertificateRequest = onCertificateRequest } : null;
        var aside = new KeyPool(key, target.Config.Pool, options, certificate?.NotAfter ?? DateTimeOffset.MaxValue, _loops, _metrics, _logger);
        aside.TryReserveSlot();
        var connection = new UpstreamConnection(aside, loop);
        return await Opener.OpenAsync(connection, lent: true) is { } failure ? (null, failure) : (connection, null);
    }

    /// <summary>Connections that are still open under identities that were retired, of one certificate's name.</summary>
    public int ConnectionsLeaving(string certificateName)
        => _leaving.Keys.Where(pool => pool.Key.Identity?.Name == certificateName).Sum(static pool => pool.OpenConnections);
}
