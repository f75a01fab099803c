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
            "The certificate 'a' is not enabled for the environment type production, only for preview; requests answer 522. "
            + "Set the whole list: pipeproxy mtls-certificate update --name a --environment-type preview --environment-type production",
            error.Message);
    }

    [Fact]
    public void CertificateOfNoEnvironment_IsToldWithoutAnEmptyList()
        => Assert.Contains("type preview, nor for any other; requests", Assert.Single(Check(Certificate.With([], enabled: true), EnvironmentType.Preview)).Message, StringComparison.Ordinal);

    [Fact]
    public void MissingCertificate_RefusesAndNamesThoseThatThereAre()
    {
        var error = Assert.Single(Check(Certificate, EnvironmentType.Preview, "b"));

        Assert.Equal(ErrorSeverity.Error, error.Severity);
        Assert.Equal("There is no certificate 'b' (there is a). Create it: pipeproxy mtls-certificate create --name b --cert FILE --key FILE --environment-type TYPE", error.Message);
    }

    [Fact]
    public void UnreadableCertificate_PointsToItsOwnError()
    {
        var errors = new List<ConfigurationError>();
        var unreadable = new ConfigurationError(null, "certificateStore", "b", "The key does not match.");

        CertificateCheck.Run(Config(EnvironmentType.Preview, "b"), new CertificateSet(new Dictionary<string, ClientCertificate>(), [unreadable]), IssuedCertificate.Now, errors);

        Assert.Equal([unreadable.Message, "The certificate 'b' cannot be read. Its own error says why"], errors.Select(static error => error.Message));
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
