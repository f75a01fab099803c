using PipeProxy.Configuration;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>Which routes name which certificate.</summary>
internal static class CertificateUsage
{
    /// <summary>Names of routes by the name of the certificate that they present.</summary>
    /// <param name="configFile">The configuration, or null to take <c>./pipeproxy.json</c> when it exists.</param>
    /// <returns>Empty when there is no configuration, or when an error refuses it: <c>check</c> tells of that.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Find(string? configFile)
    {
        var config = ConfigurationLoader.Load(new ConfigurationOverrides { ConfigFile = configFile, AllowUnsupported = true }).Config;
        return (config?.Routes ?? [])
            .Where(static route => route.Handler.MtlsCertificate is not null)
            .GroupBy(static route => route.Handler.MtlsCertificate!, static route => route.Name)
            .ToDictionary(static group => group.Key, IReadOnlyList<string> (group) => [.. group.Distinct()]);
    }

    /// <summary>The routes of one certificate; empty when none names it.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyDictionary<string, IReadOnlyList<string>> routesByCertificate, string name)
        => routesByCertificate.TryGetValue(name, out var routes) ? routes : [];
}
