using System.Globalization;
using System.Net;
using System.Text;
using PipeProxy.Certificates;
using PipeProxy.Simulation.Network;
using PipeProxy.Simulation.Peers;
using PipeProxy.Upstream;

namespace PipeProxy.Simulation;

/// <summary>How a run ended.</summary>
/// <param name="Violation">The promise that was broken; null when none was.</param>
/// <param name="Trace">A hash over all that happened.</param>
/// <param name="Requests">Sent by clients.</param>
/// <param name="Summary">One line for people.</param>
internal sealed record SimulationResult(string? Violation, ulong Trace, int Requests, string Summary);

/// <summary>One seed's run: a whole proxy between simulated clients and origins, on one thread and in virtual time.</summary>
internal sealed class SimulationRun
{
    // All that is kept open idly has ended long before.
    private const long SettlingMicroseconds = 60_000_000;
    private const long LongestMicroseconds = 3_600_000_000;

    // Ten times what a run takes: two parts that answer one another for ever are a finding, too.
    private const long MostOccurrences = 10_000_000;

    private readonly World _world;
    private readonly SimulatedNetwork _network;
    private readonly Oracle _oracle;
    private readonly Operator _operator;
    private readonly Clients _clients;
    private readonly ReverseProxy _proxy;
    private readonly int _loops;

    private SimulationRun(ulong seed, int requests, Mistake mistake)
    {
        _world = new World(seed);
        _network = new SimulatedNetwork(_world) { IgnoresGenerations = mistake == Mistake.GenerationIgnored, FaultPermille = _world.Random.Between(0, 80) };
        _oracle = new Oracle(_world, Operator.Routes);
        var origins = new List<SimulatedOrigin>();
        for (var i = 0; i < 5; i++)
        {
            var origin = new SimulatedOrigin(_world, _oracle, i, secured: i < 4);
            origins.Add(origin);
            foreach (var address in AddressesOf(i))
            {
                _network.AddOrigin(new IPEndPoint(address, origin.Secured ? 443 : 80), origin);
            }
        }

        var source = new InMemoryCertificateSource();
        _operator = new Operator(_world, _oracle, source, origins);
        _clients = new Clients(_world, _network, _oracle, requests);
        _loops = _world.Random.Between(1, 4);
        _proxy = new ReverseProxyBuilder()
            .UseConfig(_operator.First())
            .UseCertificates(source)
            .UseLogging(new BugLog(_world))
            .UseLoops(_loops)
            .UseTimeProvider(new WorldClock(_world))
            .UseBufferSizes(_world.Random.Chance(200) ? Transport.BufferSizes.Tiny : Transport.BufferSizes.Default, new Transport.TransportOptions { BlockBytes = _world.Random.Chance(200) ? _world.Random.Between(16, 512) : 16 * 1024 })
            .UseSimulation(new SimulatedParts
            {
                MakeTransport = _network.AddTransport,
                Handshake = static (socket, options) => SimulatedHandshake.RunAsync(SimulatedCertificates.NumberOf, socket, options),
                Aside = work => _world.After(_world.Random.Between(1, 50), () => _ = work()),
                Keys = new SimulatedKeys(mistake),
                Mistake = mistake == Mistake.BindingKept ? PlantedMistake.BindingKept : PlantedMistake.None,
            })
            .Build();
        _operator.Proxy = _proxy;
        _proxy.Rotated += (_, rotation) => _operator.OnRotated(rotation);
    }

    /// <summary>Where an origin listens; every other one has two addresses.</summary>
    internal static IEnumerable<IPAddress> AddressesOf(int origin)
    {
        yield return new IPAddress([10, 2, 0, (byte)origin]);
        if (origin % 2 == 1)
        {
            yield return new IPAddress([10, 2, 1, (byte)origin]);
        }
    }

    /// <summary>Runs a seed. The same seed, count and mistake give the same result.</summary>
    internal static SimulationResult Run(ulong seed, int requests, Mistake mistake = Mistake.None) => new SimulationRun(seed, requests, mistake).Run();

    private SimulationResult Run()
    {
        Pump(_proxy.StartAsync());
        foreach (var transport in _network.Transports)
        {
            transport.Begin();
        }

        _world.Own();
        _clients.Begin(_world.Random.Between(10, 120));
        _operator.Begin(() => _clients.AreDone);
        try
        {
            Play();
        }
#pragma warning disable CA1031 // Whatever is thrown is the finding.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _world.Fail(e.ToString());
        }

        _world.Release();
        var result = new SimulationResult(_world.Violation, _world.Trace, _clients.Sent, Describe());
        Pump(_proxy.DisposeAsync().AsTask());
        return result;
    }

    private void Play()
    {
        while (!_clients.AreDone && _world.Violation is null)
        {
            _world.Step();
            if (_world.Now > LongestMicroseconds || _world.Moment > MostOccurrences)
            {
                _world.Fail("the clients are not done");
            }
        }

        // What is left of it: connections that idle, deadlines.
        var until = _world.Now + SettlingMicroseconds;
        while (_world.Violation is null && !_world.IsQuiet && _world.NextTime < until)
        {
            _world.Step();
        }

        if (_world.Violation is null && (_proxy.OpenClients, _proxy.RentedBlocks, _operator.OpensAhead ? 0 : _network.Transports.Sum(static transport => transport.Descriptors)) is var left and not (0, 0, 0))
        {
            _world.Fail($"{left.OpenClients} clients, {left.RentedBlocks} blocks of memory and {left.Item3} descriptors are left a minute after the last request");
        }
    }

    // Starting and stopping go over threads of the runtime's; nothing of the simulation moves meanwhile but the time of a stop, for deadlines.
    private void Pump(Task task)
    {
        var isStop = _world.Moment > 0;
        _network.Pumping = true;
        while (!task.IsCompleted)
        {
            foreach (var transport in _network.Transports)
            {
                transport.Step();
            }

            _world.Skip(isStop ? 1000 : 0);
            Thread.Yield();
        }

        _network.Pumping = false;
        task.GetAwaiter().GetResult();
    }

    private string Describe()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{_clients.Sent} requests on {_loops} loops in {_world.Now / 1e6:F1} virtual s and {_world.Moment} occurrences, {_operator.Changes} changes, {_operator.Switched} switched and {_operator.RolledBack} rolled back;");
        for (var status = 0; status < _clients.Statuses.Count; status++)
        {
            if (_clients.Statuses[status] > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" {status}: {_clients.Statuses[status]},");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $" unanswered: {_clients.Lost}").ToString();
    }
}
