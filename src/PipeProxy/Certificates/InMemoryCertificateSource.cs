using System.Collections.Immutable;

namespace PipeProxy.Certificates;

/// <summary>Certificates that an embedding host holds itself and may replace at any time.</summary>
/// <remarks>Thread-safe. Subscribers are called on the thread that made the change, after it took effect.</remarks>
public sealed class InMemoryCertificateSource : ICertificateSource
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, ClientCertificate> _certificates;
    private ImmutableList<Subscription> _subscriptions = [];

    /// <summary>Starts with <paramref name="certificates"/>; of two with one name the later wins.</summary>
    public InMemoryCertificateSource(params IEnumerable<ClientCertificate> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        var builder = ImmutableDictionary.CreateBuilder<string, ClientCertificate>(StringComparer.Ordinal);
        foreach (var certificate in certificates)
        {
            builder[certificate.Name] = certificate;
        }

        _certificates = builder.ToImmutable();
    }

    /// <inheritdoc/>
    public CertificateSet Load() => new(Volatile.Read(ref _certificates), []);

    /// <summary>Adds <paramref name="certificate"/> or puts it in the place of the one with its name.</summary>
    public void Set(ClientCertificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        lock (_gate)
        {
            Volatile.Write(ref _certificates, _certificates.SetItem(certificate.Name, certificate));
        }

        Publish();
    }

    /// <summary>Removes the certificate called <paramref name="name"/>.</summary>
    /// <returns>False when there was none; subscribers are then not called.</returns>
    public bool Remove(string name)
    {
        lock (_gate)
        {
            if (!_certificates.ContainsKey(name))
            {
                return false;
            }

            Volatile.Write(ref _certificates, _certificates.Remove(name));
        }

        Publish();
        return true;
    }

    /// <inheritdoc/>
    public IDisposable OnChange(Action changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        var subscription = new Subscription(this, changed);
        lock (_gate)
        {
            _subscriptions = _subscriptions.Add(subscription);
        }

        return subscription;
    }

    // Outside the gate, so that a subscriber may load or change the source; each subscription keeps its own calls apart.
    private void Publish()
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Call();
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = _subscriptions.Remove(subscription);
        }
    }

    private sealed class Subscription(InMemoryCertificateSource source, Action changed) : IDisposable
    {
        private readonly Lock _calling = new();

        internal void Call()
        {
            lock (_calling)
            {
                changed();
            }
        }

        public void Dispose() => source.Remove(this);
    }
}
