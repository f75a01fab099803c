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
    /// <summary>The configuration file that was read; null: there is none, or an error refuses it.</summary>
    public string? ConfigFile { get; private init; }

    /// <summary>Neither a file nor a flag says what to do, as on a first start.</summary>
    public bool NothingGiven { get; private init; }

    /// <summary>Reads everything from the disk.</summary>
    /// <param name="overrides">The command line.</param>
    /// <param name="passphrase">Opens the store's keys.</param>
    /// <param name="inForce">At a reload: its access log is open, whatever has become of the file's folder.</param>
    public static HostConfiguration Load(ConfigurationOverrides overrides, StorePassphrase passphrase, ProxyConfig? inForce = null)
    {
        var result = ConfigurationLoader.Load(overrides);
        if (passphrase.Error is { } error)
        {
            return new HostConfiguration(null, null, [error, .. result.Errors], result.Files);
        }

        if (result.Config is not { } config)
        {
            return new HostConfiguration(null, null, InOrder([.. result.Errors, .. AccessLogErrors(result.Draft, inForce), .. FurtherErrors(result, passphrase)]), result.Files)
            {
                NothingGiven = result.ConfigFile is null && overrides is { Routes: null, Forward: null },
            };
        }

        var store = new CertificateStore(config.CertificateStore!, passphrase.Text);
        return new HostConfiguration(config, store, InOrder([.. result.Errors, .. AccessLogErrors(config, inForce), .. ReverseProxy.Check(config, store)]), [.. result.Files, .. FilesOf(config)]) { ConfigFile = result.ConfigFile };
    }

    /// <summary>The files that <see cref="Load"/> would read and hosts watch; no certificate of the store is opened for it.</summary>
    public static IReadOnlyList<string> FilesNamed(ConfigurationOverrides overrides)
    {
        var result = ConfigurationLoader.Load(overrides);
        return result.Config is { } config ? [.. result.Files, .. FilesOf(config)] : result.Files;
    }

    private static IReadOnlyList<ConfigurationError> AccessLogErrors(ProxyConfig? config, ProxyConfig? inForce)
        => config is null || config.AccessLog == inForce?.AccessLog ? [] : ReverseProxy.CheckAccessLog(config);

    // Whoever mends the configuration wants to know of the certificates, too, and not in a second round. What was said of a place is not said
    // again in other words, and without a valid environment type it is not known which certificates may be used.
    private static IEnumerable<ConfigurationError> FurtherErrors(ConfigurationResult result, StorePassphrase passphrase)
    {
        if (result.Draft is not { CertificateStore: { } folder } draft || result.Errors.Any(static error => error.Setting is "environmentType" or "--environment-type"))
        {
            return [];
        }

        var told = result.Errors.Select(static error => (error.Source, error.Setting)).ToHashSet();
        return ReverseProxy.CheckCertificates(draft, new CertificateStore(folder, passphrase.Text)).Where(error => !told.Contains((error.Source, error.Setting)));
    }

    // File by file, each from the top; what stands in no file comes first.
    private static List<ConfigurationError> InOrder(IReadOnlyList<ConfigurationError> errors)
    {
        var files = errors.Select(static error => error.Source?.File).OfType<string>().Distinct().ToList();
        return [.. errors.OrderBy(error => error.Source is { } source ? files.IndexOf(source.File) : -1).ThenBy(static error => error.Source?.Line).ThenBy(static error => error.Source?.Column)];
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
