using PipeProxy.Transport;

namespace PipeProxy.Testing;

/// <summary>Which transport and which buffers the proxies of this run have: the functional suite runs once for each pair.</summary>
/// <remarks>
/// <c>PIPEPROXY_TEST_TRANSPORT=epoll|sockets</c> and <c>PIPEPROXY_TEST_BUFFERS=normal|tiny</c> set it for a whole run; without them it is the system's default transport with the buffers that each test asks for.
/// </remarks>
public static class TestedTransport
{
    private static readonly bool TinyForAll = Environment.GetEnvironmentVariable("PIPEPROXY_TEST_BUFFERS") switch
    {
        null or "" or "normal" => false,
        "tiny" => true,
        var other => throw new InvalidOperationException($"PIPEPROXY_TEST_BUFFERS is '{other}'; it takes normal or tiny."),
    };

    /// <summary>The transport of this run.</summary>
    public static TransportKind Kind { get; } = Environment.GetEnvironmentVariable("PIPEPROXY_TEST_TRANSPORT") switch
    {
        null or "" => TransportKind.Default,
        "epoll" => TransportKind.Epoll,
        "sockets" => TransportKind.Sockets,
        var other => throw new InvalidOperationException($"PIPEPROXY_TEST_TRANSPORT is '{other}'; it takes epoll or sockets."),
    };

    /// <summary>Flags that give <c>pipeproxy run</c> the transport of this run.</summary>
    public static IReadOnlyList<string> Arguments { get; } = Kind switch
    {
        TransportKind.Epoll => ["--transport", "epoll"],
        TransportKind.Sockets => ["--transport", "sockets"],
        _ => [],
    };

    /// <summary>Gives a proxy the transport of this run.</summary>
    /// <param name="builder">The proxy's.</param>
    /// <param name="buffers">What the test asks for; a run with tiny buffers has them everywhere.</param>
    public static ReverseProxyBuilder UseTestedTransport(this ReverseProxyBuilder builder, TestBuffers buffers = TestBuffers.Normal)
    {
        var tiny = TinyForAll || buffers == TestBuffers.Tiny;
        return builder.UseTransport(Kind).UseBufferSizes(tiny ? BufferSizes.Tiny : BufferSizes.Default, tiny ? TransportOptions.AtOnce : TransportOptions.Default);
    }
}

/// <summary>Which reading buffers a proxy runs with.</summary>
public enum TestBuffers
{
    /// <summary>Those of production.</summary>
    Normal,

    /// <summary>10 bytes at first, so that every message crosses every boundary.</summary>
    Tiny,
}
