using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Why a client certificate may not be presented, and what mends it: one text for logs, answers, <c>check</c> and listings.</summary>
/// <param name="Cause">A sentence without its full stop.</param>
/// <param name="Remedy">A sentence without its full stop; it may end with a command.</param>
internal sealed record CertificateProblem(string Cause, string Remedy)
{
    /// <summary>What stands against presenting <paramref name="certificate"/> at <paramref name="now"/>; null when nothing does.</summary>
    public static CertificateProblem? Of(ClientCertificate certificate, DateTimeOffset now, EnvironmentType environment)
    {
        var name = certificate.Name;
        return certificate.UsabilityAt(now, environment) switch
        {
            CertificateUsability.Disabled => new CertificateProblem(
                $"The certificate '{name}' is disabled", $"Switch it on: pipeproxy mtls-certificate enable --name {name}"),
            CertificateUsability.NotEnabledForEnvironment => new CertificateProblem(
                $"The certificate '{name}' is not enabled for environment type {Word(environment)}, {OnlyFor(certificate)}, so none would be sent",
                certificate.Place is not null ? $"Name the type in the configuration: certificates.{name}.environmentTypes"
                : $"Set the whole list: pipeproxy mtls-certificate update --name {name} {string.Join(' ', certificate.EnvironmentTypes.Append(environment).Order().Select(static type => $"--environment-type {Word(type)}"))}"),
            CertificateUsability.Expired => new CertificateProblem(
                $"The certificate '{name}' expired on {certificate.NotAfter:yyyy-MM-dd HH:mm} UTC",
                certificate.Place is { } place ? $"Put a new pair into its place, {place}" : $"Replace it: pipeproxy mtls-certificate update --name {name} --cert FILE --key FILE"),
            CertificateUsability.NotYetValid => new CertificateProblem(
                $"The certificate '{name}' is not valid before {certificate.NotBefore:yyyy-MM-dd HH:mm} UTC", "Wait, or check the system's clock"),
            _ => null,
        };
    }

    /// <summary>There is no certificate of this name among <paramref name="certificates"/>, or it could not be read.</summary>
    public static CertificateProblem Missing(string name, CertificateSet certificates)
    {
        if (certificates.Errors.Any(error => error.Setting == SettingOf(name)))
        {
            return new CertificateProblem($"The certificate '{name}' cannot be read", "Its own error says why");
        }

        if (certificates.Errors.Any(static error => error.Setting == CertificateStore.Setting))
        {
            return new CertificateProblem($"The certificate '{name}' cannot be read", "The error of its store says why");
        }

        var known = certificates.Certificates.Count == 0 ? null : $"there is {string.Join(", ", certificates.Certificates.Keys.Order(StringComparer.Ordinal).Take(10))}";
        return certificates.Store is { } store
            ? new CertificateProblem($"There is no certificate '{name}' in the store {store} ({known ?? StateOf(store)})", $"Create it: pipeproxy mtls-certificate create --name {name} --cert FILE --key FILE --environment-type TYPE{FlagOf(store)}")
            : new CertificateProblem($"There is no certificate '{name}' ({known ?? "there are none"})", "Give it to the proxy's source of certificates, or name one that there is");
    }

    /// <summary>The setting under which a source reports what is wrong with the certificate of that name.</summary>
    public static string SettingOf(string name) => $"certificates.{name}";

    /// <summary>Cause and remedy.</summary>
    public override string ToString() => $"{Cause}. {Remedy}";

    private static string StateOf(string store) => Directory.Exists(store) ? "which is empty" : "which does not exist";

    // Left out where a command that is typed here finds the store by itself.
    private static string FlagOf(string store)
    {
        var usual = Environment.GetEnvironmentVariable(ConfigurationLoader.StoreVariable) is { Length: > 0 } named ? named : ConfigurationLoader.DefaultStore;
        return Path.GetFullPath(usual) == store ? "" : $" --store {store}";
    }

    private static string OnlyFor(ClientCertificate certificate) => certificate.EnvironmentTypes.Count == 0
        ? "nor for any other"
        : $"only for {string.Join(", ", certificate.EnvironmentTypes.Order().Select(Word))}";

    private static string Word(EnvironmentType type) => type.ToString().ToLowerInvariant();
}
