using PipeProxy.Certificates;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Rotation;

/// <summary>The authorities that an origin says it accepts when it asks for a certificate (RFC 8446 section 4.2.4, RFC 5246 section 7.4.4), and what they mean for ours.</summary>
internal static class AdvertisedAuthorities
{
    /// <summary>Asks by a handshake that presents no certificate: SslStream tells the names in no other. On the loop.</summary>
    /// <returns>Distinguished names; empty when the origin names none, null when it did not ask or could not be reached.</returns>
    internal static async ValueTask<IReadOnlyList<string>?> AskAsync(UpstreamPool pool, UpstreamTarget target, UpstreamTrust trust, EventLoop loop)
    {
        IReadOnlyList<string>? acceptable = null;

        // The callback runs on a handshake worker; the dial's end, back on the loop, orders the two.
        var (connection, _) = await pool.OpenAsideAsync(target, null, trust, loop, names => Volatile.Write(ref acceptable, names));
        connection?.Close(UpstreamCloseReason.Discarded);
        return Volatile.Read(ref acceptable);
    }

    /// <summary>The issuers of our chain when the origin names authorities and none of them is among these; else null.</summary>
    internal static IReadOnlyList<string>? Mismatch(IReadOnlyList<string>? acceptable, ClientCertificate certificate)
    {
        if (acceptable is not { Count: > 0 })
        {
            return null;
        }

        var issuers = IssuersOf(certificate);
        return issuers.Any(issuer => acceptable.Contains(issuer, StringComparer.OrdinalIgnoreCase)) ? null : issuers;
    }

    /// <summary>Who issued the certificates that are sent, leaf's issuer first.</summary>
    internal static IReadOnlyList<string> IssuersOf(ClientCertificate certificate)
        => [.. certificate.Context.IntermediateCertificates.Select(static intermediate => intermediate.Issuer).Prepend(certificate.Leaf.Issuer).Distinct(StringComparer.OrdinalIgnoreCase)];
}
