using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Tls;

/// <summary>How an https listener is a TLS server: which certificate for which name. Immutable; a new set is a new instance.</summary>
internal sealed class TlsServerOptions
{
    private static readonly List<SslApplicationProtocol> Http11 = [SslApplicationProtocol.Http11];

    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> _byName;
    private readonly SslServerAuthenticationOptions _default;

    /// <summary>Builds the table from the names in the certificates.</summary>
    /// <param name="certificates">At least one; the first serves clients without SNI or with a name that none has.</param>
    /// <param name="handshakeTimeout">From the accepted connection to the end of the handshake.</param>
    /// <param name="protocols">Default: what the system offers.</param>
    internal TlsServerOptions(IReadOnlyList<SslStreamCertificateContext> certificates, TimeSpan handshakeTimeout, SslProtocols protocols = SslProtocols.None)
    {
        HandshakeTimeout = handshakeTimeout;
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
            foreach (var name in context.TargetCertificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static names => names.EnumerateDnsNames()))
            {
                byName.TryAdd(name, options);
            }
        }

        _default = _default ?? throw new ArgumentException("An https listener needs a certificate.", nameof(certificates));
        _byName = byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    internal TimeSpan HandshakeTimeout { get; }

    /// <summary>The certificate for a name: exact, then with the first label as a wildcard (RFC 9525 section 6.3), then the first.</summary>
    internal SslServerAuthenticationOptions For(string serverName)
    {
        if (_byName.TryGetValue(serverName, out var exact))
        {
            return exact;
        }

        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue($"*{serverName[dot..]}", out var wildcard) ? wildcard : _default;
    }
}
