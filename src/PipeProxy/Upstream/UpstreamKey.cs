using PipeProxy.Certificates;

namespace PipeProxy.Upstream;

/// <summary>The whole identity under which a connection may be reused. Compared field by field, never by its hash alone.</summary>
/// <remarks>
/// Two requests share a connection only if they would present the same chain under the same name to the same origin, and judge that
/// origin alike. Leaving any of these out would one day send a request under somebody else's certificate.
/// </remarks>
/// <param name="Identity">Name of the client certificate and SHA-256 over the chain presented; null presents none.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">Lower case, as the route says it.</param>
/// <param name="Port">TCP port.</param>
/// <param name="ServerName">SNI, and the name that the origin's certificate must carry.</param>
/// <param name="Trust">SHA-256 over the roots that verify the origin; empty for the system's.</param>
/// <param name="Resume">TLS sessions may be resumed.</param>
/// <param name="RequireCertificateRequest">A connection over which no certificate was asked for is refused.</param>
internal sealed record UpstreamKey(
    CertificateIdentity? Identity,
    string Scheme,
    string Host,
    int Port,
    string ServerName,
    string Trust,
    bool Resume,
    bool RequireCertificateRequest)
{
    /// <summary>The origin as people write it.</summary>
    public string Origin => $"{Scheme}://{Host}:{Port}";

    /// <summary>TLS is spoken.</summary>
    public bool IsTls => Scheme == "https";
}
