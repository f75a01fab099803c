using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificateCheckTests
{
    private static readonly ClientCertificate Certificate = ClientCertificate.FromPem("a", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.KeyPem, environmentTypes: [EnvironmentType.Preview]);

    [Fact]
    public void UsableCertificate_IsNoError() => Assert.Empty(Check(Certificate, EnvironmentType.Preview));

    [Fact]
    public void CertificateThatMayNotBeUsed_IsAnErrorOfItsRoute()
    {
        var error = Assert.Single(Check(Certificate, EnvironmentType.Production));

        Assert.Equal((ErrorSeverity.Route, "a", "route 'api': mtlsCertificate"), (error.Severity, error.Value, error.Setting));
        Assert.Equal(
            "The certificate 'a' is not enabled for environment type production, only for preview, so none would be sent; requests answer 522. "
            + "Set the whole list: pipeproxy mtls-certificate update --name a --environment-type preview --environment-type production",
            error.Message);
    }

    [Fact]
    public void CertificateOfNoEnvironment_IsToldWithoutAnEmptyList()
        => Assert.Contains("type preview, nor for any other, so none would be sent; requests", Assert.Single(Check(Certificate.With([], enabled: true), EnvironmentType.Preview)).Message, StringComparison.Ordinal);

    [Fact]
    public void MissingCertificate_RefusesAndNamesThoseThatThereAre()
    {
        var error = Assert.Single(Check(Certificate, EnvironmentType.Preview, "b"));

        Assert.Equal(ErrorSeverity.Error, error.Severity);
        Assert.Equal("There is no certificate 'b' (there is a). Give it to the proxy's source of certificates, or name one that there is", error.Message);
    }

    [Fact]
    public void MissingCertificate_OfAStoreIsCreatedThere()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal($"There is no certificate 'b' in the store {folder.Path} (which is empty)", CertificateProblem.Missing("b", CertificateSet.Empty with { Store = folder.Path }).Cause);
        Assert.EndsWith(" (which does not exist)", CertificateProblem.Missing("b", CertificateSet.Empty with { Store = folder.File("none") }).Cause, StringComparison.Ordinal);
        Assert.EndsWith($" --environment-type TYPE --store {folder.Path}", CertificateProblem.Missing("b", CertificateSet.Empty with { Store = folder.Path }).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void UnreadableCertificate_PointsToItsOwnError()
    {
        var errors = new List<ConfigurationError>();
        var unreadable = new ConfigurationError(null, "certificates.b", null, "The key does not match.");

        CertificateCheck.Run(Config(EnvironmentType.Preview, "b"), new CertificateSet(new Dictionary<string, ClientCertificate>(), [unreadable]), IssuedCertificate.Now, errors);

        Assert.Equal([unreadable.Message, "The certificate 'b' cannot be read. Its own error says why"], errors.Select(static error => error.Message));
    }

    [Fact]
    public void CertificateOfAStoreThatCannotBeRead_IsNotCalledMissing()
    {
        var unreadable = new ConfigurationError(null, CertificateStore.Setting, "certificates", "The certificate store cannot be read: permission denied.");

        Assert.Equal("The certificate 'b' cannot be read. The error of its store says why", CertificateProblem.Missing("b", new CertificateSet(CertificateSet.Empty.Certificates, [unreadable]) { Store = "certificates" }).ToString());
    }

    [Fact]
    public void UnreadableCertificateThatNoRouteNames_IsAWarning()
    {
        var errors = new List<ConfigurationError>();
        var unreadable = new ConfigurationError(null, "certificates.b", null, "The key does not match.");

        CertificateCheck.Run(Config(EnvironmentType.Preview, "a"), new CertificateSet(new Dictionary<string, ClientCertificate> { ["a"] = Certificate }, [unreadable]), IssuedCertificate.Now, errors);

        Assert.Equal(ErrorSeverity.Warning, Assert.Single(errors).Severity);
    }

    private static List<ConfigurationError> Check(ClientCertificate certificate, EnvironmentType environment, string name = "a")
    {
        var errors = new List<ConfigurationError>();
        CertificateCheck.Run(Config(environment, name), new CertificateSet(new Dictionary<string, ClientCertificate> { [certificate.Name] = certificate }, []), IssuedCertificate.Now, errors);
        return errors;
    }

    private static ProxyConfig Config(EnvironmentType environment, string name) => new()
    {
        EnvironmentType = environment,
        Routes = [new RouteConfig { Path = "/", Name = "api", Handler = new RouteHandlerConfig.UrlForward("https://a.example") { MtlsCertificate = name } }],
    };
}
