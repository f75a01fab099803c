using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.LoadTest.Load;

/// <summary>How https targets are spoken to.</summary>
internal sealed record TlsSettings
{
    /// <summary>Replaces the system's roots. Null: the system's.</summary>
    internal X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Any certificate will do.</summary>
    internal bool Insecure { get; init; }

    /// <summary>Sent as SNI and expected in the certificate. Null: the URL's host.</summary>
    internal string? ServerName { get; init; }

    internal SslProtocols Protocols { get; init; } = SslProtocols.None;

    /// <summary>Sessions are resumed. Default false: each connection is a full handshake.</summary>
    internal bool Resume { get; init; }

    internal IReadOnlyList<ClientIdentity> Identities { get; init; } = [];

    /// <summary>Each new connection presents the next certificate, instead of each connection keeping its own.</summary>
    internal bool Rotate { get; init; }
}
