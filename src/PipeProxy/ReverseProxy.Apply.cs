using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Forwarding;
using PipeProxy.Routing;
using PipeProxy.Tls;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <content>How a configuration is put in force: compile everything, then swap.</content>
public sealed partial class ReverseProxy
{
    // Everything that can be refused happens before anything is swapped; the caller holds the turn.
    private async Task<ApplyResult> ApplyCoreAsync(ProxyConfig config)
    {
        var errors = new List<ConfigurationError>();
        var trust = LoadTrust(config, errors);
        CheckAddresses(config, errors);
        var routes = RouteTable.TryBuild(config.Routes, errors);

        // A certificate that changed meanwhile is tried first, as without a new configuration.
        var plan = PlanCertificates(config);
        var certificates = plan.Effective;
        var listenerTls = LoadListenerCertificates(config, errors, _options.Time.GetUtcNow(), url => _listeners.Find(listener => listener.Url == url)?.Settings.Tls);
        CertificateCheck.Run(config, certificates, _options.Time.GetUtcNow(), errors);
        if (errors.Any(static error => error.Severity == ErrorSeverity.Error))
        {
            return new ApplyResult(Applied: false, _config.Revision, errors);
        }

        var accessLog = OpenAccessLog(config, errors);
        if (errors.Any(static error => error.Severity == ErrorSeverity.Error))
        {
            return new ApplyResult(Applied: false, _config.Revision, errors);
        }

        List<ClientListener>? added = null;
        try
        {
            added = await OpenListenersAsync(config, listenerTls, errors).ConfigureAwait(false);
        }
        finally
        {
            // Not opened, or at a start thrown out of here: nobody writes to the log.
            if (added is null && accessLog is not null)
            {
                await accessLog.Log.DisposeAsync().ConfigureAwait(false);
            }
        }

        if (added is null)
        {
            return new ApplyResult(Applied: false, _config.Revision, errors);
        }

        // :: From here on nothing can fail.
        var targets = BindAll(config, routes!, trust!, certificates);
        _resolver.Apply(config.Resolve, config.DnsRefresh);
        _pool.Opener.ConnectTimeout = config.Timeouts.Connect;
        _pool.Opener.Rate.PerSecond = config.Limits.OriginHandshakesPerSecond;
        _workers.Limit = config.Limits.OriginHandshakes;
        _services.Settings = ConnectionSettings.Of(config);
        _handshakeRate.PerSecond = config.Limits.HandshakesPerSecond;
        var before = _dispatcher.Table.Targets;
        _dispatcher.Table = new ForwardingTable(routes!, targets, [.. routes!.Routes.Select(route => CorsPolicy.Of(route.Config.CorsPolicy, config.CorsPolicies))]);
        HandOver(before, targets);
        _pool.RetireAllBut(targets.OfType<UpstreamTarget>().Select(static target => target.Binding));
        _follower.Start();
        SwapListeners(config, listenerTls, added);
        Volatile.Write(ref _config, config);
        _trust = trust!;
        _certificates.Use(config.Certificates);
        CommitCertificates(plan);
        await SwapAccessLogAsync(config, accessLog).ConfigureAwait(false);
        Warnings = errors;
        return new ApplyResult(Applied: true, config.Revision, errors);
    }

    private UpstreamTrust _trust = new(null, "", TimeSpan.FromSeconds(5));

    // Requests that run hold targets of the table before; one that still waits for a connection gets it under what its target means now.
    private static void HandOver(IEnumerable<UpstreamTarget?> before, IEnumerable<UpstreamTarget?> after)
    {
        var successors = after.OfType<UpstreamTarget>().ToLookup(static target => (target.Scheme, target.Host, target.Port, target.CertificateName));
        foreach (var target in before.OfType<UpstreamTarget>())
        {
            if (successors[(target.Scheme, target.Host, target.Port, target.CertificateName)].FirstOrDefault() is { } successor)
            {
                target.HandOver(successor);
            }
        }
    }

    private static void CheckAddresses(ProxyConfig config, List<ConfigurationError> errors)
    {
        foreach (var (host, address) in config.Resolve.SelectMany(static pair => pair.Value.Select(address => (pair.Key, address))))
        {
            if (!System.Net.IPAddress.TryParse(address, out _))
            {
                errors.Add(new ConfigurationError(null, $"resolve[\"{host}\"]", address, "is no IP address; write one such as \"127.0.0.1\" or \"::1\""));
            }
        }
    }

    private static UpstreamTrust? LoadTrust(ProxyConfig config, List<ConfigurationError> errors)
    {
        if (config.TrustedCertificates is not { } file)
        {
            return new UpstreamTrust(null, "", config.Timeouts.Handshake);
        }

        if (TrustedRoots.TryRead(file, out var problem) is not { } roots)
        {
            errors.Add((config.TrustedCertificatesSource ?? new SettingSource(null, "trustedCertificates", file)).Error(problem));
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var root in roots)
        {
            hash.AppendData(root.RawDataMemory.Span);
        }

        return new UpstreamTrust(roots, Convert.ToHexString(hash.GetHashAndReset()), config.Timeouts.Handshake);
    }

    // Read anew at each reload, so a renewed server certificate is in force for the next handshake.
    private static Dictionary<string, TlsServerOptions> LoadListenerCertificates(ProxyConfig config, List<ConfigurationError> errors, DateTimeOffset now, Func<string, TlsServerOptions?> before)
    {
        var tls = new Dictionary<string, TlsServerOptions>();
        foreach (var listener in config.Listeners.Where(static listener => listener.Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            if (ServerCertificates.Load(listener, config, now, before(listener.Url), errors) is { } options)
            {
                tls[listener.Url] = options;
            }
        }

        return tls;
    }

    // One target per origin and certificate, shared by the routes that name them.
    private UpstreamTarget?[] BindAll(ProxyConfig config, RouteTable routes, UpstreamTrust trust, CertificateSet certificates)
    {
        var byName = new Dictionary<(OriginAddress, string?), UpstreamTarget>();
        var targets = new UpstreamTarget?[routes.Routes.Count];
        foreach (var route in routes.Routes)
        {
            if (route.Origin is not { } origin)
            {
                continue;
            }

            var certificate = route.Handler.MtlsCertificate;
            if (!byName.TryGetValue((origin, certificate), out var target))
            {
                var upstream = UpstreamOf(config, origin);
                var binding = _pool.Bind(origin.Scheme, origin.Host, origin.Port, certificate, upstream, trust, certificates, config.EnvironmentType);
                target = new UpstreamTarget(origin.Scheme, origin.Host, origin.Port, origin.Authority, certificate, upstream, binding);
                byName.Add((origin, certificate), target);
            }

            targets[route.Index] = target;
        }

        return targets;
    }

    // Embedding hosts may write the default port out.
    private static UpstreamConfig UpstreamOf(ProxyConfig config, OriginAddress origin)
        => config.Upstreams.TryGetValue(origin.ToString(), out var known) || config.Upstreams.TryGetValue($"{origin}:{origin.Port}", out known) ? known : new UpstreamConfig();

    // Opens what is new before anything is closed. Null: one could not be opened, and none is kept.
    private async Task<List<ClientListener>?> OpenListenersAsync(ProxyConfig config, IReadOnlyDictionary<string, TlsServerOptions> tls, List<ConfigurationError> errors)
    {
        var added = new List<ClientListener>();
        foreach (var wanted in config.Listeners.Where(wanted => _listeners.All(listener => listener.Url != wanted.Url)))
        {
            var status = ListenStatus.Ok;
            var error = ListenerAddress.TryParse(wanted.Url, out var address, out var problem) ? null : $"\"{wanted.Url}\" {problem}";
            if (error is null)
            {
                (var opened, status, error) = await ClientListener.OpenAsync(wanted, address, _loops, _services, _tlsAcceptor, ListenerSettings.Of(wanted, tls.GetValueOrDefault(wanted.Url))).ConfigureAwait(false);
                if (opened is not null)
                {
                    added.Add(opened);
                    continue;
                }
            }

            foreach (var listener in added)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
            }

            if (_listeners.Count == 0)
            {
                throw new ListenFailedException(wanted.Url, error!, status == ListenStatus.AddressInUse);
            }

            errors.Add(new ConfigurationError(wanted.Source, "listeners", wanted.Url, error!));
            return null;
        }

        return added;
    }

    private void SwapListeners(ProxyConfig config, IReadOnlyDictionary<string, TlsServerOptions> tls, List<ClientListener> added)
    {
        lock (_listeners)
        {
            foreach (var gone in _listeners.Where(listener => config.Listeners.All(wanted => wanted.Url != listener.Url)).ToList())
            {
                _listeners.Remove(gone);
                _leaving.RemoveAll(static listener => listener.ConnectionCount == 0);
                _leaving.Add(gone);
                _ = gone.DrainAsync();
            }

            foreach (var kept in _listeners)
            {
                kept.Settings = ListenerSettings.Of(config.Listeners.First(wanted => wanted.Url == kept.Url), tls.GetValueOrDefault(kept.Url));
            }

            _listeners.AddRange(added);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error}")]
    private static partial void LogRoute(ILogger logger, string error);
}
