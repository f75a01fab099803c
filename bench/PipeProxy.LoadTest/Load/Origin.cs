using System.Net;
using System.Net.Sockets;

namespace PipeProxy.LoadTest.Load;

/// <summary>Scheme, host and port that connections are made to, with the targets that are asked for there.</summary>
internal sealed class Origin
{
    private Origin(IReadOnlyList<Target> targets, IPEndPoint[] addresses)
    {
        Targets = targets;
        Url = targets[0].Url;
        Weight = targets.Sum(static target => target.Weight);
        Addresses = addresses;
    }

    internal IReadOnlyList<Target> Targets { get; }

    internal Uri Url { get; }

    internal bool IsTls => Targets[0].IsTls;

    /// <summary>Sum over its targets.</summary>
    internal int Weight { get; }

    /// <summary>Of one family, one or more; connections take them in turn.</summary>
    internal IReadOnlyList<IPEndPoint> Addresses { get; }

    /// <summary>Groups targets by where they are, and resolves the names once.</summary>
    /// <param name="targets">One or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="ask">Asks for a name; a test's own. Null: the system's resolver.</param>
    /// <exception cref="LoadException">A name has no address.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a resolver that does not answer is not waited for.</exception>
    internal static async Task<IReadOnlyList<Origin>> ResolveAsync(IEnumerable<Target> targets, CancellationToken cancellationToken, Func<string, Task<IPAddress[]>>? ask = null)
    {
        var origins = new List<Origin>();
        foreach (var group in targets.GroupBy(static target => target.Origin, StringComparer.OrdinalIgnoreCase))
        {
            var all = group.ToList();
            origins.Add(new Origin(all, await AddressesOf(all[0].Url, ask ?? Dns.GetHostAddressesAsync, cancellationToken).ConfigureAwait(false)));
        }

        return origins;
    }

    private static async Task<IPEndPoint[]> AddressesOf(Uri url, Func<string, Task<IPAddress[]>> ask, CancellationToken cancellationToken)
    {
        try
        {
            // getaddrinfo cannot be cancelled; it is left behind instead.
            var addresses = await ask(url.DnsSafeHost).WaitAsync(cancellationToken).ConfigureAwait(false);

            // One family: `localhost` is ::1 and 127.0.0.1, and servers often listen on the latter only.
            var family = Array.Exists(addresses, static address => address.AddressFamily == AddressFamily.InterNetwork) ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            var usable = Array.FindAll(addresses, address => address.AddressFamily == family);
            return usable.Length > 0
                ? [.. usable.Select(address => new IPEndPoint(address, url.Port))]
                : throw new LoadException($"'{url.Host}' has no address.");
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new LoadException($"The name '{url.Host}' cannot be resolved: {e.Message.TrimEnd('.')}.");
        }
    }
}
