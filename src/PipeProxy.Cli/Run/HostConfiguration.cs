using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>A configuration with the certificates that it names, read and held against each other.</summary>
/// <param name="Config">Null when an error refuses it.</param>
/// <param name="Certificates">The store that it names.</param>
/// <param name="Errors">Every error and warning.</param>
/// <param name="Files">Files to watch for changes.</param>
internal sealed record HostConfiguration(ProxyConfig? Config, ICertificateSource? Certificates, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<string> Files)
{
    /// <summary>Reads everything from the disk.</summary>
    public static HostConfiguration Load(ConfigurationOverrides overrides, string? passphrase)
    {
        var result = ConfigurationLoader.Load(overrides);
        if (result.Config is not { } config)
        {
            return new HostConfiguration(null, null, result.Errors, result.Files);
        }

        var store = new CertificateStore(config.CertificateStore!, passphrase);
        return new HostConfiguration(config, store, [.. result.Errors, .. ReverseProxy.Check(config, store)], [.. result.Files, .. FilesOf(config)]);
    }

    private static IEnumerable<string> FilesOf(ProxyConfig config)
    {
        if (config.TrustedCertificates is { } trusted)
        {
            yield return trusted;
        }

        foreach (var authority in config.Listeners.Select(static listener => listener.ClientCertificates.Authority).OfType<string>())
        {
            yield return authority;
        }

        foreach (var certificate in config.Listeners.SelectMany(static listener => listener.Certificates))
        {
            yield return certificate.Certificate;
            yield return certificate.Key;
        }
    }
}
