namespace PipeProxy.Routing;

/// <summary>Takes a Host field apart.</summary>
internal static class RequestHost
{
    /// <summary>Without the port; brackets of an IPv6 address stay.</summary>
    internal static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> host) => ColonOf(host) is var colon and >= 0 ? host[..colon] : host;

    /// <summary>The port's digits; empty when none was sent.</summary>
    internal static ReadOnlySpan<byte> PortOf(ReadOnlySpan<byte> host) => ColonOf(host) is var colon and >= 0 ? host[(colon + 1)..] : default;

    private static int ColonOf(ReadOnlySpan<byte> host)
    {
        var colon = host.LastIndexOf((byte)':');
        return colon > host.LastIndexOf((byte)']') ? colon : -1;
    }
}
