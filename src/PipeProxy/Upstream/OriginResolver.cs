using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Addresses of origins: literals, the configured ones, or DNS with one question per name at a time.</summary>
/// <remarks>Any loop may ask. getaddrinfo runs off the loop; .NET tells no TTL, so an answer is asked again after a fixed time. While that is under way, the answer before serves on.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source of the token has no timer and no handle to give back.")]
internal sealed class OriginResolver
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Func<string, Task<IPAddress[]>> _ask;
    private readonly CancellationTokenSource _stopped = new();
    private volatile Settings _settings;

    /// <summary>Makes a resolver.</summary>
    /// <param name="overrides">Addresses to use instead of DNS, by host in lower case.</param>
    /// <param name="refresh">Age at which an answer is asked again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ask">Asks DNS; throws <see cref="SocketException"/> when it has no answer. Null: the system's resolver.</param>
    public OriginResolver(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh, TimeProvider time, Func<string, Task<IPAddress[]>>? ask = null)
    {
        _settings = Settings.Of(overrides, refresh);
        _time = time;
        _ask = ask ?? Dns.GetHostAddressesAsync;
    }

    /// <summary>Age at which an answer is asked again.</summary>
    public TimeSpan Refresh => _settings.Refresh;

    /// <summary>Takes new settings; answers that were got before stay until they are too old.</summary>
    public void Apply(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh) => _settings = Settings.Of(overrides, refresh);

    /// <summary>Nobody waits for an answer any more. getaddrinfo itself cannot be given up; it is left behind.</summary>
    public void Stop() => _stopped.Cancel();

    /// <summary>All addresses of <paramref name="host"/>, or why there are none. Returns on <paramref name="loop"/>.</summary>
    public async ValueTask<(IPAddress[] Addresses, Failure? Failure)> ResolveAsync(string host, EventLoop loop, TimeSpan timeout)
    {
        if (Fixed(host) is { } given)
        {
            return (given, null);
        }

        var now = _time.GetTimestamp();
        var entry = Current(host, now);
        if (entry.Serves(_settings.Refresh, now, _time) is { } known)
        {
            return (known, null);
        }

        (IPAddress[] Addresses, Failure? Failure) answer;
        try
        {
            answer = (await entry.Answer.WaitAsync(timeout, _time, _stopped.Token), null);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
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
            Expire(entry, now);
            answer = entry.Known.Length > 0 ? (entry.Known, null) : answer;
        }

        await loop.Enter();
        return answer;
    }

    /// <summary>What <paramref name="host"/> leads to by now, for whoever follows it: asks DNS when the last answer is too old. Never throws; completes on any thread.</summary>
    /// <returns>Null: it is an address itself, or DNS gives no answer, which is no reason to leave those it gave before.</returns>
    public async Task<IPAddress[]?> FollowAsync(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out _))
        {
            return null;
        }

        if (_settings.Addresses.TryGetValue(host, out var configured))
        {
            return configured;
        }

        var now = _time.GetTimestamp();
        var entry = Current(host, now);
        try
        {
            return await entry.Answer.WaitAsync(_settings.Refresh, _time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or SocketException)
        {
            Expire(entry, now);
            return null;
        }
    }

    /// <summary>DNS did not answer.</summary>
    internal static Failure DescribeTimeout(string host, TimeSpan timeout)
        => new(Outcome.DnsTimeout, $"DNS gave no answer for '{host}' in {timeout.TotalSeconds:0.#} s.", "Look at the resolver of this machine, or name addresses in 'resolve'.");

    /// <summary>DNS answered that there is no address.</summary>
    internal static Failure DescribeError(string host, SocketException error)
        => new(Outcome.DnsError, $"DNS has no address for '{host}': {error.SocketErrorCode}.", "Check the host in the route's baseUrl, or name addresses in 'resolve'.");

    private IPAddress[]? Fixed(string host)
        => IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : _settings.Addresses.GetValueOrDefault(host);

    // The last question, or a new one when that is too old.
    private Entry Current(string host, long now)
    {
        var refresh = _settings.Refresh;
        return _entries.TryGetValue(host, out var entry) && !entry.IsOlderThan(refresh, now, _time)
            ? entry
            : _entries.AddOrUpdate(
                host,
                name => new Entry(name, now, null, _ask),
                (name, old) => old.IsOlderThan(refresh, now, _time) ? new Entry(name, now, old, _ask) : old);
    }

    private void Expire(Entry entry, long now)
        => _entries.TryUpdate(entry.Host, new Entry(entry.Host, now - (long)(_settings.Refresh.TotalSeconds * _time.TimestampFrequency), entry, _ask), entry);

    private sealed record Settings(IReadOnlyDictionary<string, IPAddress[]> Addresses, TimeSpan Refresh)
    {
        // What is no address was refused when the configuration was checked.
        public static Settings Of(IReadOnlyDictionary<string, IReadOnlyList<string>> overrides, TimeSpan refresh) => new(
            overrides.ToDictionary(static pair => pair.Key, static pair => pair.Value.Select(static text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>().ToArray(), StringComparer.OrdinalIgnoreCase),
            refresh);
    }

    // One question. It is asked when somebody first wants its answer.
    private sealed class Entry(string host, long askedAt, Entry? before, Func<string, Task<IPAddress[]>> ask)
    {
        private readonly Lazy<Task<IPAddress[]>> _answer = new(() => AskAsync(host, ask));
        private readonly (IPAddress[] Addresses, long At) _before = before?.Latest ?? ([], 0);

        public string Host => host;

        public Task<IPAddress[]> Answer => _answer.Value;

        /// <summary>What DNS answered last; empty before its first answer.</summary>
        public IPAddress[] Known => Latest.Addresses;

        private (IPAddress[] Addresses, long At) Latest => _answer is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } answered } ? (answered.Result, askedAt) : _before;

        public bool IsOlderThan(TimeSpan age, long now, TimeProvider time) => time.GetElapsedTime(askedAt, now) >= age;

        /// <summary>The answer before, while this question is under way and that one is not much older than it may be; null when it is to be awaited.</summary>
        public IPAddress[]? Serves(TimeSpan age, long now, TimeProvider time)
        {
            var answer = Answer;
            return !answer.IsCompleted && _before.Addresses.Length > 0 && time.GetElapsedTime(_before.At, now) < 2 * age ? _before.Addresses : null;
        }

        // On the thread pool from its first instruction: whoever asks first is a loop, and getaddrinfo may block.
        private static Task<IPAddress[]> AskAsync(string host, Func<string, Task<IPAddress[]>> ask) => Task.Run(async () =>
        {
            var addresses = await ask(host);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        });
    }
}
