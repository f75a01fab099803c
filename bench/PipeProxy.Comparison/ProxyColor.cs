namespace PipeProxy.Comparison;

/// <summary>The colour by which a proxy is known throughout the page: a custom property of its style sheet.</summary>
internal static class ProxyColor
{
    private static readonly string[] Known = ["pipeproxy", "nginx", "haproxy", "yarp"];

    /// <summary>The property's name.</summary>
    /// <param name="proxy">The proxy.</param>
    /// <param name="place">Its place among those shown together; tells the unknown ones apart.</param>
    public static string Of(string proxy, int place) => Known.Contains(proxy) ? "--" + proxy : (place % 3) switch
    {
        0 => "--pipeproxy",
        1 => "--other-1",
        _ => "--other-2",
    };
}
