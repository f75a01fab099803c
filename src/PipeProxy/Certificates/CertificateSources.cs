using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>All certificates of one proxy: those of its store, or of its host's own source, and those that its configuration names.</summary>
/// <remarks>Thread-safe. A name that is in both belongs to the configuration, and is an error.</remarks>
internal sealed class CertificateSources : ICertificateSource
{
    private readonly Lock _gate = new();
    private readonly ICertificateSource _source;
    private readonly ConfiguredCertificates _configured;
    private readonly TimeProvider _time;
    private readonly List<Subscription> _subscriptions = [];
    private IReadOnlyList<CertificateConfig> _wanted = [];
    private string _stamp = "";

    /// <summary>Puts the configuration's certificates beside those of <paramref name="source"/>; none before <see cref="Use"/>.</summary>
    public CertificateSources(ICertificateSource source, TimeProvider time)
    {
        _source = source;
        _time = time;
        _configured = new ConfiguredCertificates(time);
    }

    /// <summary>The store that the source is; null when a host brings its own.</summary>
    public CertificateStore? Store => _source as CertificateStore;

    /// <summary>One reading for a configuration that is not served.</summary>
    public static CertificateSet LoadOnce(ICertificateSource source, ProxyConfig config) => new CertificateSources(source, TimeProvider.System).Load(config.Certificates);

    /// <inheritdoc/>
    public CertificateSet Load()
    {
        lock (_gate)
        {
            return Load(_wanted);
        }
    }

    /// <summary>As <see cref="Load()"/>, for a configuration that is not in force yet.</summary>
    public CertificateSet Load(IReadOnlyList<CertificateConfig> wanted)
    {
        var set = _source.Load();
        if (wanted.Count == 0)
        {
            return set;
        }

        lock (_gate)
        {
            // Before the files are read: a change meanwhile is one that Use reports.
            _stamp = ConfiguredCertificates.StampOf(wanted);
            var certificates = new Dictionary<string, ClientCertificate>(set.Certificates, StringComparer.Ordinal);
            var errors = set.Errors.ToList();
            foreach (var taken in wanted.Where(config => set.Certificates.ContainsKey(config.Name)))
            {
                certificates.Remove(taken.Name);
                errors.Add(ConfiguredCertificates.ErrorOf(taken, $"is the name of another certificate too, in {(_source is CertificateStore store ? $"the store {store.Folder}" : "the host's own source")}; which one a route means must be plain, so rename or remove one of them"));
            }

            _configured.Load(wanted, certificates, errors);
            return set with { Certificates = certificates, Errors = errors };
        }
    }

    /// <summary>Makes <paramref name="wanted"/>, which was loaded last, those that <see cref="Load()"/> reads and that are watched.</summary>
    public void Use(IReadOnlyList<CertificateConfig> wanted)
    {
        List<Subscription> subscriptions;
        string stamp;
        lock (_gate)
        {
            _wanted = wanted;
            stamp = _stamp;
            subscriptions = [.. _subscriptions];
        }

        // Outside of the gate: ending a watch waits for its call, which may be loading.
        foreach (var subscription in subscriptions)
        {
            subscription.Watch(wanted, stamp);
        }
    }

    /// <inheritdoc/>
    public IDisposable OnChange(Action changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        var subscription = new Subscription(this, changed);
        IReadOnlyList<CertificateConfig> wanted;
        lock (_gate)
        {
            _subscriptions.Add(subscription);
            wanted = _wanted;
        }

        subscription.Watch(wanted, known: null);
        return subscription;
    }

    /// <inheritdoc/>
    /// <remarks>What lies in the configuration's files is not ours to mark: it is not tried again before the files change.</remarks>
    public void OnRefused(ClientCertificate certificate, string reason)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.Place is null)
        {
            _source.OnRefused(certificate, reason);
        }
    }

    /// <inheritdoc/>
    public void OnAccepted(ClientCertificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.Place is null)
        {
            _source.OnAccepted(certificate);
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
        }
    }

    private sealed class Subscription : IDisposable
    {
        private readonly Lock _calling = new();
        private readonly CertificateSources _sources;
        private readonly Action _changed;
        private readonly IDisposable _source;
        private SourceWatcher? _files;
        private volatile bool _ended;

        public Subscription(CertificateSources sources, Action changed)
        {
            _sources = sources;
            _changed = changed;
            _source = sources._source.OnChange(Call);
        }

        public void Watch(IReadOnlyList<CertificateConfig> wanted, string? known)
        {
            var next = wanted.Count == 0
                ? null
                : new SourceWatcher(wanted.SelectMany(CertificateFiles.FoldersOf), recursive: false, () => ConfiguredCertificates.StampOf(wanted), Call, _sources._time, known);
            Exchange(next);
        }

        public void Dispose()
        {
            _sources.Remove(this);
            _source.Dispose();
            _ended = true;
            Exchange(null);
        }

        // A watch that is put in while the subscription ends must end as well.
        private void Exchange(SourceWatcher? next)
        {
            Interlocked.Exchange(ref _files, next)?.Dispose();
            if (_ended)
            {
                Interlocked.Exchange(ref _files, null)?.Dispose();
            }
        }

        private void Call()
        {
            lock (_calling)
            {
                _changed();
            }
        }
    }
}
