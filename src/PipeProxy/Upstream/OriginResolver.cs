using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Addresses of origins: literals, the configured ones, or DNS with one question per name at a time.</summary>
/// <remarks>Any loop may ask. getaddrinfo runs off the loop; .NET tells no TTL, so an answer is asked again after a fixed time.</remarks>
internal sealed class OriginResolver
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private volatile Settings _settings;

    /// <summary>Makes a resolver.</summary>
    /// <param name="overrides">Addresses to use instead of DNS, by host in lower case.</param>
    /// <param name="refresh">Age at which an answer is asked again.</param>
    /// <param name="time">The clock.</param>
    public OriginResolver(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh, TimeProvider time)
    {
        _settings = Settings.Of(overrides, refresh);
        _time = time;
    }

    /// <summary>Takes new settings; answers that were got before stay until they are too old.</summary>
    public void Apply(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh) => _settings = Settings.Of(overrides, refresh);

    /// <summary>All addresses of <paramref name="host"/>, or why there are none. Returns on <paramref name="loop"/>.</summary>
    public async ValueTask<(IPAddress[] Addresses, Failure? Failure)> ResolveAsync(string host, EventLoop loop, TimeSpan timeout)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal))
        {
            return ([literal], null);
        }

        if (_settings.Addresses.TryGetValue(host, out var configured))
        {
            return (configured, null);
        }

        var now = _time.GetTimestamp();
        if (!_entries.TryGetValue(host, out var entry) || entry.IsOlderThan(_settings.Refresh, now, _time))
        {
            entry = _entries.AddOrUpdate(
                host,
                name => new Entry(name, now, []),
                (name, old) => old.IsOlderThan(_settings.Refresh, now, _time) ? new Entry(name, now, old.Known) : old);
        }

        (IPAddress[] Addresses, Failure? Failure) answer;
        try
        {
            answer = (await entry.Addresses.Value.WaitAsync(timeout, _time), null);
        }
        catch (TimeoutException)
        {
            answer = ([], DescribeTimeout(host, timeout));
        }
        catch (SocketException e)
        {
            answer = ([], DescribeError(host, e));
        }

        if (answer.Failure is not null)
        {
            // The next request asks again. Until DNS answers, the addresses that it gave before are better than none.
            _entries.TryUpdate(host, new Entry(host, now - (long)(_settings.Refresh.TotalSeconds * _time.TimestampFrequency), entry.Known), entry);
            answer = entry.Known.Length > 0 ? (entry.Known, null) : answer;
        }

        await loop.Enter();
        return answer;
    }

    /// <summary>DNS did not answer.</summary>
    internal static Failure DescribeTimeout(string host, TimeSpan timeout)
        => new(Outcome.DnsTimeout, $"DNS gave no answer for '{host}' in {timeout.TotalSeconds:0.#} s.", "Look at the resolver of this machine, or name addresses in 'resolve'.");

    /// <summary>DNS answered that there is no address.</summary>
    internal static Failure DescribeError(string host, SocketException error)
        => new(Outcome.DnsError, $"DNS has no address for '{host}': {error.SocketErrorCode}.", "Check the host in the route's baseUrl, or name addresses in 'resolve'.");

    private sealed record Settings(IReadOnlyDictionary<string, IPAddress[]> Addresses, TimeSpan Refresh)
    {
        // What is no address was refused when the configuration was checked.
        public static Settings Of(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh) => new(
            overrides.ToDictionary(static pair => pair.Key, static pair => pair.Value.Select(static text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToArray(), StringComparer.OrdinalIgnoreCase),
            refresh);
    }

    private sealed class Entry(string host, long askedAt, IPAddress[] before)
    {
        public Lazy<Task<IPAddress[]>> Addresses { get; } = new(() => AskAsync(host));

        /// <summary>What DNS answered last; empty before its first answer.</summary>
        public IPAddress[] Known => Addresses is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } answered } ? answered.Result : before;

        public bool IsOlderThan(TimeSpan age, long now, TimeProvider time) => time.GetElapsedTime(askedAt, now) >= age;

        // On the thread pool from its first instruction: whoever asks first is a loop, and getaddrinfo may block.
        private static Task<IPAddress[]> AskAsync(string host) => Task.Run(async () =>
        {
            var addresses = await Dns.GetHostAddressesAsync(host);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        });
    }
}
