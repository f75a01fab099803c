using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Simulation.Peers;

namespace PipeProxy.Simulation;

/// <summary>Changes everything that may be changed while requests run: certificates under their names, routes, the pool's limits, and the origins themselves.</summary>
internal sealed class Operator(World world, Oracle oracle, InMemoryCertificateSource source, IReadOnlyList<SimulatedOrigin> origins)
{
    /// <summary>Routes of every configuration.</summary>
    internal const int Routes = 8;

    private readonly SeededRandom _random = world.Random;
    private readonly NamedCertificates _names = new(world, oracle);
    private RouteMeaning?[] _meanings = [];
    private Task _pending = Task.CompletedTask;

    /// <summary>Changes made.</summary>
    internal int Changes { get; private set; }

    /// <summary>Rotations that origins took.</summary>
    internal int Switched { get; private set; }

    /// <summary>Rotations that an origin refused.</summary>
    internal int RolledBack { get; private set; }

    /// <summary>The last configuration keeps connections open that nobody has asked for.</summary>
    internal bool OpensAhead { get; private set; }

    /// <summary>The proxy that is operated.</summary>
    internal ReverseProxy? Proxy { get; set; }

    /// <summary>The first configuration; in force from the beginning.</summary>
    internal ProxyConfig First()
    {
        for (var name = 0; name < SimulatedCertificates.Names.Length; name++)
        {
            source.Set(SimulatedCertificates.Get(NumberOf(name, 0)));
            _names.Begin(name, NumberOf(name, 0));
        }

        // Starting goes over threads of the runtime's, so nothing is to happen meanwhile.
        var config = NextConfig(opensAhead: false);
        Enter(0, 0);
        _names.Present(_meanings);
        return config;
    }

    /// <summary>Makes the next change after a while, and so on until the run is over.</summary>
    internal void Begin(Func<bool> isOver) => world.After(_random.Chance(50) ? _random.Between(100, 2000) : _random.Between(2000, 60_000), () =>
    {
        if (isOver())
        {
            return;
        }

        // One change at a time, as the proxy takes them.
        if (_pending.IsCompleted)
        {
            Change();
        }

        Begin(isOver);
    });

    /// <summary>The proxy says that a trial has ended.</summary>
    internal void OnRotated(CertificateRotation rotation)
    {
        var name = Array.IndexOf(SimulatedCertificates.Names, rotation.Certificate);
        switch (rotation.Outcome)
        {
            case RotationOutcome.Switched:
                Switched++;
                _names.Switched(name, NumberOf(name, rotation.ToVersion));
                break;
            case RotationOutcome.RolledBack:
                RolledBack++;
                _names.RolledBack(name, NumberOf(name, rotation.ToVersion));
                break;
            default:
                _names.Settle();
                break;
        }

        world.Note(((long)rotation.Outcome << 16) | (uint)NumberOf(name, rotation.ToVersion));
    }

    private static int NumberOf(int name, int version) => (name * SimulatedCertificates.Versions) + version;

    private void Change()
    {
        Changes++;
        var origin = origins[_random.Next(origins.Count)];
        switch (_random.Next(100))
        {
            case < 45:
                Rotate();
                break;
            case < 55:
                Disable();
                break;
            case < 60:
                Remove();
                break;
            case < 80:
                _pending = ReloadAsync();
                break;
            case < 88:
                origin.Restart();
                break;
            case < 92:
                origin.IsUp = false;
                world.After(_random.Between(1000, 200_000), () => origin.IsUp = true);
                break;
            default:
                origin.Distrusted = NumberOf(_random.Next(SimulatedCertificates.Names.Length), _random.Next(SimulatedCertificates.Versions));
                world.After(_random.Between(1000, 100_000), () => origin.Distrusted = -2);
                break;
        }
    }

    private void Rotate()
    {
        var name = _random.Next(SimulatedCertificates.Names.Length);
        var number = NumberOf(name, _random.Chance(60) ? SimulatedCertificates.Expiring : _random.Next(SimulatedCertificates.Versions - 1));
        Put(name, number, enabled: true);
    }

    private void Disable()
    {
        var name = _random.Next(SimulatedCertificates.Names.Length);
        var number = NumberOf(name, _random.Next(SimulatedCertificates.Versions));
        Put(name, number, enabled: false);

        // Switched on again after a while, unless somebody else has changed it.
        world.After(_random.Between(100, 100_000), () =>
        {
            if (_names.Held(name) == (number, false))
            {
                Put(name, number, enabled: true);
            }
        });
    }

    private void Put(int name, int number, bool enabled)
    {
        source.Set(enabled ? SimulatedCertificates.Get(number) : SimulatedCertificates.Disabled(number));
        _names.Put(name, number, enabled);
        world.Note(enabled ? number : -1 - number);
    }

    // A name that routes use keeps what it meant until a configuration is applied; that is refused, because the name is missing.
    private void Remove()
    {
        var name = _random.Next(SimulatedCertificates.Names.Length);
        var (number, enabled) = _names.Held(name);
        source.Remove(SimulatedCertificates.Names[name]);
        _names.Remove(name);
        world.After(_random.Between(100, 30_000), () =>
        {
            if (!source.Load().Certificates.ContainsKey(SimulatedCertificates.Names[name]))
            {
                Put(name, number, enabled);
            }
        });
    }

    private async Task ReloadAsync()
    {
        var (before, openedAhead) = (_meanings, OpensAhead);
        var from = world.Moment;
        var config = NextConfig(opensAhead: _random.Chance(100));
        var result = await Proxy!.ApplyAsync(config).ConfigureAwait(false);
        if (result.Applied)
        {
            Enter(from, world.Moment);
            _names.Settle();
            _names.Present(_meanings);
        }
        else
        {
            (_meanings, OpensAhead) = (before, openedAhead);
        }

        world.Note(result.Applied ? 1 : 0);
    }

    private void Enter(long from, long settled)
    {
        for (var i = 0; i < Routes; i++)
        {
            oracle.Route(i).Add(from, settled, _meanings[i]);
        }
    }

    private ProxyConfig NextConfig(bool opensAhead)
    {
        var routes = new List<RouteConfig>();
        var meanings = new RouteMeaning?[Routes];
        for (var i = 0; i < Routes; i++)
        {
            // Now and then a route stays what it was, is not there, or is there for one host only.
            var kept = _meanings.Length > 0 && _random.Chance(500) ? _meanings[i] : null;
            var origin = kept?.Origin ?? _random.Next(origins.Count);
            var name = kept?.Name ?? (origins[origin].Secured && !_random.Chance(100) ? _random.Next(SimulatedCertificates.Names.Length) : -1);
            meanings[i] = new RouteMeaning(name, origin);
            if (_random.Chance(30))
            {
                meanings[i] = null;
                continue;
            }

            routes.Add(new RouteConfig
            {
                Path = string.Create(CultureInfo.InvariantCulture, $"/r{i}/{{*rest}}"),
                Host = _random.Chance(100) ? "h1.test" : null,
                Handler = new RouteHandlerConfig.UrlForward(UrlOf(origin)) { MtlsCertificate = name < 0 ? null : SimulatedCertificates.Names[name] },
            });
        }

        _meanings = meanings;
        OpensAhead = opensAhead;
        return Settings(opensAhead) with { Routes = routes };
    }

    private string UrlOf(int origin) => string.Create(CultureInfo.InvariantCulture, $"{(origins[origin].Secured ? "https" : "http")}://o{origin}.test");

    private ProxyConfig Settings(bool opensAhead) => new()
    {
        Listeners = [new ListenerConfig { Url = $"http://{Clients.Proxy}" }],
        Timeouts = new TimeoutConfig
        {
            Connect = TimeSpan.FromSeconds(1),
            Handshake = TimeSpan.FromSeconds(1),
            RequestHead = TimeSpan.FromSeconds(5),
            FirstByte = TimeSpan.FromSeconds(3),
            BetweenBytes = TimeSpan.FromSeconds(2),
            KeepAlive = TimeSpan.FromSeconds(10),
        },
        Upstreams = origins.ToDictionary(origin => UrlOf(origin.Number), _ => new UpstreamConfig
        {
            // Without one a trial lasts for two seconds, and mostly another change comes in between.
            Probe = _random.Chance(900) ? "/probe" : null,
            Pool = new PoolConfig
            {
                MaxConnections = _random.Chance(300) ? _random.Between(1, 2) : _random.Between(3, 12),
                QueueTimeout = TimeSpan.FromMilliseconds(_random.Between(100, 3000)),
                IdleTimeout = TimeSpan.FromMilliseconds(_random.Between(200, 5000)),
                MaxAge = TimeSpan.FromMilliseconds(_random.Between(500, 20_000)),
                MinIdle = opensAhead ? _random.Between(1, 3) : 0,
                DrainTimeout = TimeSpan.FromMilliseconds(_random.Between(100, 10_000)),
            },
        }),
        Resolve = origins.ToDictionary(
            static origin => string.Create(CultureInfo.InvariantCulture, $"o{origin.Number}.test"),
            static origin => (IReadOnlyList<string>)[.. SimulationRun.AddressesOf(origin.Number).Select(static address => address.ToString())]),
    };
}
