using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Diagnosis;
using PipeProxy.Routing;

namespace PipeProxy;

/// <summary>An origin that routes lead to, and how to look into it.</summary>
/// <param name="Request">For <see cref="OriginDiagnosis.RunAsync"/>: the origin's root path, under the certificate that the routes present.</param>
/// <param name="Routes">The routes that go there under that certificate; at least one.</param>
public sealed record OriginCheck(DiagnosisRequest Request, IReadOnlyList<RouteConfig> Routes);

/// <content>What a configuration's routes lead to, for whoever wants to look before requests do.</content>
public sealed partial class ReverseProxy
{
    /// <summary>Every certificate that routes may name: those of <paramref name="certificates"/> and those that the configuration itself names.</summary>
    public static CertificateSet CertificatesOf(ProxyConfig config, ICertificateSource certificates)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(certificates);
        return CertificateSources.LoadOnce(certificates, config);
    }

    /// <summary>Every https origin that the routes lead to, once per certificate that they present there, with the trust, names, addresses and timeouts that the proxy would use.</summary>
    /// <param name="config">As for <see cref="Check"/>, which should have found nothing wrong with it; routes with an unknown certificate are left out.</param>
    /// <param name="certificates">The certificates that routes name.</param>
    public static IReadOnlyList<OriginCheck> OriginsOf(ProxyConfig config, ICertificateSource certificates)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(certificates);
        var errors = new List<ConfigurationError>();
        var known = CertificatesOf(config, certificates).Certificates;
        var trust = LoadTrust(config, errors);
        if (RouteTable.TryBuild(config.Routes, errors) is not { } routes || trust is null)
        {
            return [];
        }

        return
        [
            .. from route in routes.Routes
               where route.Origin is { Scheme: "https" }
               let name = route.Handler.MtlsCertificate
               where name is null || known.ContainsKey(name)
               group route.Config by (Origin: route.Origin!.Value, Name: name) into same
               let upstream = UpstreamOf(config, same.Key.Origin)
               select new OriginCheck(
                   new DiagnosisRequest
                   {
                       Url = new Uri($"{same.Key.Origin}/"),
                       Certificate = same.Key.Name is { } certificate ? known[certificate] : null,
                       TrustedRoots = trust.Roots,
                       TrustedRootsName = config.TrustedCertificates,
                       ServerName = upstream.ServerName,
                       Addresses = config.Resolve.GetValueOrDefault(same.Key.Origin.Host),
                       RequireCertificateRequest = upstream.RequireCertificateRequest,
                       Resume = upstream.TlsResume,
                       ConnectTimeout = config.Timeouts.Connect,
                       HandshakeTimeout = config.Timeouts.Handshake,
                   },
                   [.. same]),
        ];
    }
}
