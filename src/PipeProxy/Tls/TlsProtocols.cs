using System.Security.Authentication;

namespace PipeProxy.Tls;

/// <summary>The versions of TLS that are spoken here, to origins and to clients.</summary>
internal static class TlsProtocols
{
    /// <summary>TLS 1.2 and 1.3, named here and not left to the system: its policy may still offer 1.0 and 1.1, which must not be negotiated (RFC 8996, RFC 9325 section 3.1.1).</summary>
    internal const SslProtocols Allowed = SslProtocols.Tls12 | SslProtocols.Tls13;
}
