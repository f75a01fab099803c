using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Tls;

/// <summary>How an https listener is a TLS server: which certificate for which name, and what is asked of clients. Immutable; a new set is a new instance.</summary>
/// <remarks>Sessions are resumed by tickets whose keys live with each certificate's context, so a new instance begins without any.</remarks>
internal sealed class TlsServerOptions
{
    private static readonly List<SslApplicationProtocol> Http11 = [SslApplicationProtocol.Http11];

    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> _byName;
    private readonly SslServerAuthenticationOptions _default;

    /// <summary>Builds the table from the names in the certificates.</summary>
    /// <param name="certificates">At least one; the first serves clients without SNI or with a name that none has.</param>
    /// <param name="handshakeTimeout">From the accepted connection to the end of the handshake.</param>
    /// <param name="protocols">Default: TLS 1.2 and 1.3.</param>
    /// <param name="clients">What is asked of clients; null: nothing.</param>
    internal TlsServerOptions(IReadOnlyList<SslStreamCertificateContext> certificates, TimeSpan handshakeTimeout, SslProtocols protocols = TlsProtocols.Allowed, ClientTrust? clients = null)
    {
        HandshakeTimeout = handshakeTimeout;
        Clients = clients;
        var byName = new Dictionary<string, SslServerAuthenticationOptions>(StringComparer.OrdinalIgnoreCase);
        foreach (var context in certificates)
        {
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = context,
                ApplicationProtocols = Http11,
                EnabledSslProtocols = protocols,
                AllowRenegotiation = false,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            };
            _default ??= options;
            foreach (var name in NamesOf(context.TargetCertificate))
            {
                byName.TryAdd(name, options);
            }
        }

        _default = _default ?? throw new ArgumentException("An https listener needs a certificate.", nameof(certificates));
        _byName = byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    internal TimeSpan HandshakeTimeout { get; }

    /// <summary>What is asked of clients; null: nothing.</summary>
    internal ClientTrust? Clients { get; }

    /// <summary>What it was made of: the same certificates and settings give the same text. Empty when made by hand.</summary>
    internal string Fingerprint { get; init; } = "";

    /// <summary>DNS names of a certificate. The common name is no host name any more (RFC 9525 section 1.4.2).</summary>
    internal static IEnumerable<string> NamesOf(X509Certificate2 certificate)
        => certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static names => names.EnumerateDnsNames());

    /// <summary>The certificate for a name: exact, then with the first label as a wildcard (RFC 9525 section 6.3), then the first.</summary>
    internal SslServerAuthenticationOptions For(string serverName)
    {
        if (_byName.TryGetValue(serverName, out var exact))
        {
            return exact;
        }

        return WildcardOf(serverName) is { } wildcard && _byName.TryGetValue(wildcard, out var covering) ? covering : _default;
    }

    /// <summary>The wildcard that would cover a name; null for a name of one label.</summary>
    internal static string? WildcardOf(string serverName)
    {
        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? $"*{serverName[dot..]}" : null;
    }
}
