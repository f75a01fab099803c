using System.Globalization;

namespace PipeProxy.Routing;

/// <summary>Where a route's requests go. Constant per route: no request can change it.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">In lower case, an IPv6 address without brackets.</param>
/// <param name="Port">Always given, the scheme's default included.</param>
internal readonly record struct OriginAddress(string Scheme, string Host, int Port)
{
    internal bool IsTls => Scheme == "https";

    /// <summary>For the Host field (RFC 9110 section 7.2): brackets around an IPv6 address, no default port.</summary>
    internal string Authority
    {
        get
        {
            var host = Host.Contains(':') ? $"[{Host}]" : Host;
            return Port == (IsTls ? 443 : 80) ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{Port}");
        }
    }

    /// <summary><c>https://host[:port]</c>, the key of <c>ProxyConfig.Upstreams</c>.</summary>
    public override string ToString() => $"{Scheme}://{Authority}";
}
