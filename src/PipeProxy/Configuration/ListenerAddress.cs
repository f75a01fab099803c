using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Configuration;

/// <summary>A listener's URL, taken apart.</summary>
/// <param name="IsTls">The scheme is https.</param>
/// <param name="Host">As written, in lower case, an IPv6 address without brackets.</param>
/// <param name="Port">0 takes a free one.</param>
internal readonly record struct ListenerAddress(bool IsTls, string Host, int Port)
{
    internal const string Expected = "write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *";

    /// <summary>What to bind: one address, or both loopbacks for <c>localhost</c>; <c>*</c> is IPv6's any, dual mode, where the system has IPv6.</summary>
    internal IReadOnlyList<IPAddress> Addresses => Host switch
    {
        "localhost" => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
        "*" => [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any],
        _ => [IPAddress.Parse(Host)],
    };

    /// <summary>Only this machine can connect.</summary>
    internal bool IsLoopback => Host == "localhost" || (Host != "*" && IPAddress.IsLoopback(IPAddress.Parse(Host)));

    /// <summary><c>http://[::1]:8080</c>, the canonical form.</summary>
    internal string Url => string.Create(CultureInfo.InvariantCulture, $"{(IsTls ? "https" : "http")}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>Takes a listener's URL apart.</summary>
    /// <param name="url">As the user wrote it.</param>
    /// <param name="address">Valid when true is returned.</param>
    /// <param name="problem">What is wrong, without a subject, when false is returned.</param>
    internal static bool TryParse(string url, out ListenerAddress address, out string? problem)
    {
        address = default;
        var isTls = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!isTls && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            problem = $"has no scheme http:// or https://; {Expected}";
            return false;
        }

        var authority = url[(isTls ? 8 : 7)..];
        if (authority.EndsWith('/'))
        {
            authority = authority[..^1];
        }

        if (authority.AsSpan().ContainsAny('/', '?', '#') || authority.Contains('@'))
        {
            problem = $"has more than an address and a port; {Expected}";
            return false;
        }

        var colon = authority.LastIndexOf(':');
        var hasPort = colon > authority.LastIndexOf(']');
        var host = (hasPort ? authority[..colon] : authority).ToLowerInvariant();
        var port = isTls ? 443 : 80;
        if (hasPort && !(int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535))
        {
            problem = $"has a port that is not a number from 0 to 65535; {Expected}";
            return false;
        }

        if (!TryHost(ref host))
        {
            problem = $"names \"{host}\", which is no IP address; {Expected}";
            return false;
        }

        address = new ListenerAddress(isTls, host, port);
        problem = null;
        return true;
    }

    private static bool TryHost(ref string host)
    {
        if (host is "localhost" or "*")
        {
            return true;
        }

        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!IPAddress.TryParse(bracketed ? host[1..^1] : host, out var parsed) || bracketed != (parsed.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return false;
        }

        // "127.1" and "0x7f.1" parse too; a listener is written in full.
        if (!bracketed && host.Count(c => c == '.') != 3)
        {
            return false;
        }

        host = parsed.ToString();
        return true;
    }
}
