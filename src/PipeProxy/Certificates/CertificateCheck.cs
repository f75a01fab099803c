using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Holds the certificates that routes name against those that there are.</summary>
internal static class CertificateCheck
{
    /// <summary>Adds an error for each route whose certificate does not exist or cannot be read, and one of severity
    /// <see cref="ErrorSeverity.Route"/> for each whose certificate exists and must not be used now.</summary>
    public static void Run(ProxyConfig config, CertificateSet certificates, DateTimeOffset now, List<ConfigurationError> errors)
    {
        errors.AddRange(certificates.Errors);
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
