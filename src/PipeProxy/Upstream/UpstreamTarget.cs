using System.Text;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <summary>What a route asks of the pool: an origin and, by name, the certificate to present there.</summary>
/// <remarks>
/// Stable across certificate changes; <see cref="Binding"/> is what the name means now. A lease is granted under the binding
/// of that moment, so a request that queued while its certificate was rotated leaves under the new one. Any thread.
/// </remarks>
internal sealed class UpstreamTarget
{
    private volatile UpstreamBinding _binding;
    private volatile UpstreamTarget? _successor;

    /// <summary>Makes a target that is bound at once.</summary>
    public UpstreamTarget(string scheme, string host, int port, string authority, string? certificateName, UpstreamConfig config, UpstreamBinding binding)
    {
        Scheme = scheme;
        Host = host;
        Port = port;
        CertificateName = certificateName;
        Origin = $"{scheme}://{authority}";
        HostField = Encoding.ASCII.GetBytes(authority);
        Config = config;
        _binding = binding;
    }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; }

    /// <summary>Host of the origin, lower case.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>The origin as people write it.</summary>
    public string Origin { get; }

    /// <summary>The Host field that the origin expects: without the port where it is the scheme's own (RFC 9110 section 7.2).</summary>
    public byte[] HostField { get; }

    /// <summary>Name of the client certificate; null presents none.</summary>
    public string? CertificateName { get; }

    /// <summary>The origin's settings.</summary>
    public UpstreamConfig Config { get; }

    /// <summary>What the target means now.</summary>
    public UpstreamBinding Binding
    {
        get => _successor is { } successor ? successor.Binding : _binding;
        set => _binding = value;
    }

    /// <summary>Means from now on what <paramref name="successor"/> means, through every change to come: for requests that outlive a reload.</summary>
    public void HandOver(UpstreamTarget successor) => _successor = successor;
}

/// <summary>A target resolved against one set of certificates: a pool to rent from, or the reason why there is none.</summary>
/// <param name="Pool">Connections under the resolved key; null when <paramref name="Unusable"/> is set.</param>
/// <param name="Unusable">Why no request may leave under this target.</param>
/// <param name="Certificate">What is presented, looked at again whenever a connection is opened; null when nothing is.</param>
/// <param name="Environment">What the certificate must be enabled for.</param>
internal sealed record UpstreamBinding(KeyPool? Pool, Failure? Unusable, ClientCertificate? Certificate, EnvironmentType Environment);
