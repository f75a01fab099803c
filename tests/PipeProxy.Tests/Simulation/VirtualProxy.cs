using System.Net;
using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Simulation;
using PipeProxy.Simulation.Network;

namespace PipeProxy.Tests.Simulation;

/// <summary>A whole proxy on the network in memory, in virtual time, between one origin and clients that the test scripts. Nothing goes wrong by itself, and each wire holds <see cref="WireBytes"/>.</summary>
internal sealed class VirtualProxy : IOriginHost, IDisposable
{
    internal const int WireBytes = 64 * 1024;

    private static readonly IPEndPoint Listener = new(IPAddress.Parse("10.1.0.1"), 80);

    private readonly SimulatedNetwork _network;
    private readonly ReverseProxy _proxy;
    private readonly Func<World, ScriptedPeer> _origin;

    internal VirtualProxy(TimeoutConfig timeouts, Func<World, ScriptedPeer> origin, LimitConfig? limits = null)
    {
        _origin = origin;
        World = new World(1);
        _network = new SimulatedNetwork(World) { FaultPermille = 0, WireBytes = WireBytes };
        _network.AddOrigin(new IPEndPoint(IPAddress.Parse("10.2.0.1"), 80), this);
        _proxy = new ReverseProxyBuilder()
            .UseConfig(new ProxyConfig
            {
                Listeners = [new ListenerConfig { Url = $"http://{Listener}" }],
                Timeouts = timeouts,
                Limits = limits ?? new LimitConfig(),
                Resolve = new Dictionary<string, IReadOnlyList<string>> { ["origin.test"] = ["10.2.0.1"] },
                Routes = [new RouteConfig { Path = "/{*rest}", Handler = new RouteHandlerConfig.UrlForward("http://origin.test") }],
            })
            .UseLogging(new BugLog(World))
            .UseLoops(1)
            .UseTimeProvider(new WorldClock(World))
            .UseSimulation(new SimulatedParts
            {
                MakeTransport = _network.AddTransport,
                Handshake = static (_, _) => throw new InvalidOperationException("This origin speaks no TLS."),
                Aside = work => World.After(1, () => _ = work()),
            })
            .Build();
        Pump(_proxy.StartAsync());
        _network.Transports[0].Begin();
        World.Own();
    }

    internal World World { get; }

    /// <summary>Connections that the proxy opened to the origin, in order.</summary>
    internal List<ScriptedPeer> Origins { get; } = [];

    /// <summary>Client connections that count against the limit.</summary>
    internal int OpenClients => _proxy.OpenClients;

    /// <summary>Descriptors that the proxy has open.</summary>
    internal int Descriptors => _network.Transports[0].Descriptors;

    internal ScriptedPeer Connect(ScriptedPeer client)
    {
        _network.ConnectClient(client, Listener);
        return client;
    }

    /// <summary>What these peers send reaches the proxy's loop as one batch, in this order.</summary>
    internal void ArriveTogether(params (ScriptedPeer From, string Text)[] pieces)
    {
        foreach (var (from, text) in pieces)
        {
            var segment = _network.Rent(from.Wire, SegmentKind.Data, toProxy: true);
            segment.Set(Encoding.ASCII.GetBytes(text));
            from.Wire.Arrive(segment);
        }
    }

    /// <summary>Lets everything happen until then, in seconds since the beginning.</summary>
    internal void RunUntil(double seconds)
    {
        while (!World.IsQuiet && World.NextTime <= seconds * 1e6 && World.Violation is null)
        {
            World.Step();
        }

        Assert.Null(World.Violation);
    }

    Peer IOriginHost.Accept()
    {
        var origin = _origin(World);
        Origins.Add(origin);
        return origin;
    }

    public void Dispose()
    {
        World.Release();
        Pump(_proxy.DisposeAsync().AsTask());
    }

    // Starting and stopping go over threads of the runtime's.
    private void Pump(Task task)
    {
        _network.Pumping = true;
        while (!task.IsCompleted)
        {
            foreach (var transport in _network.Transports)
            {
                transport.Step();
            }

            World.Skip(World.Moment > 0 ? 1000 : 0);
            Thread.Yield();
        }

        _network.Pumping = false;
        task.GetAwaiter().GetResult();
    }
}
