using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Holds the certificates that routes name against those that there are.</summary>
internal static class CertificateCheck
{
    /// <summary>Adds an error for each route whose certificate does not exist or cannot be read, and one of severity
    /// <see cref="ErrorSeverity.Route"/> for each whose certificate exists and must not be used now.</summary>
    public static void Run(ProxyConfig config, CertificateSet certificates, DateTimeOffset now, List<ConfigurationError> errors)
    {
        // One in the store that nobody presents must not keep the others from being used; what the configuration names has to be there.
        var used = config.Routes.Select(static route => route.Handler.MtlsCertificate).OfType<string>()
            .Concat(config.Certificates.Select(static certificate => certificate.Name)).Select(CertificateProblem.SettingOf).ToHashSet();
        errors.AddRange(certificates.Errors.Select(error => used.Contains(error.Setting) ? error : error with { Severity = ErrorSeverity.Warning }));
        foreach (var route in config.Routes)
        {
            if (route.Handler.MtlsCertificate is not { } name)
            {
                continue;
            }

            var source = route.MtlsCertificateSource?.Position ?? route.Source;
            var setting = route.MtlsCertificateSource?.Setting ?? $"route '{route.Name}': mtlsCertificate";
            if (!certificates.Certificates.TryGetValue(name, out var certificate))
            {
                errors.Add(new ConfigurationError(source, setting, name, CertificateProblem.Missing(name, certificates).ToString()));
            }
            else if (CertificateProblem.Of(certificate, now, config.EnvironmentType) is { } problem)
            {
                errors.Add(new ConfigurationError(source, setting, name, $"{problem.Cause}; requests answer 522. {problem.Remedy}", ErrorSeverity.Route));
            }
        }
    }
}
