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
                errors.Add(new ConfigurationError(source, setting, name, Missing(name, certificates)));
                continue;
            }

            if (Describe(certificate, certificate.UsabilityAt(now, config.EnvironmentType), config.EnvironmentType) is { } cause)
            {
                errors.Add(new ConfigurationError(source, setting, name, cause, ErrorSeverity.Route));
            }
        }
    }

    private static string Missing(string name, CertificateSet certificates)
    {
        if (certificates.Errors.Any(error => error.Value == name))
        {
            return "This certificate cannot be read; see its own error.";
        }

        var known = certificates.Certificates.Count == 0 ? "the store is empty" : $"the store has {string.Join(", ", certificates.Certificates.Keys.Order().Take(10))}";
        return $"There is no certificate of this name ({known}). Create it: pipeproxy mtls-certificate create --name {name} --cert FILE --key FILE --environment-type TYPE";
    }

    private static string? Describe(ClientCertificate certificate, CertificateUsability usability, EnvironmentType environment)
    {
        var type = environment.ToString().ToLowerInvariant();
        return usability switch
        {
            CertificateUsability.Expired => $"The certificate expired on {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC; requests answer 522. Renew it: pipeproxy mtls-certificate update --name {certificate.Name} --cert FILE --key FILE",
            CertificateUsability.NotYetValid => $"The certificate is not valid before {certificate.NotBefore:yyyy-MM-dd HH:mm} UTC; requests answer 522 until then.",
            CertificateUsability.Disabled => $"The certificate is disabled; requests answer 522. Enable it: pipeproxy mtls-certificate enable --name {certificate.Name}",
            CertificateUsability.NotEnabledForEnvironment => $"The certificate is not enabled for environment type {type}, only for {Types(certificate)}; no certificate would be sent, so requests answer 522. pipeproxy mtls-certificate update --name {certificate.Name} --environment-type ... sets the list.",
            _ => null,
        };
    }

    private static string Types(ClientCertificate certificate) => certificate.EnvironmentTypes.Count == 0
        ? "none"
        : string.Join(", ", certificate.EnvironmentTypes.Order().Select(static type => type.ToString().ToLowerInvariant()));
}
