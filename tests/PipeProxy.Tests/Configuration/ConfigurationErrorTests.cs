using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class ConfigurationErrorTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public static TheoryData<string> Names => [.. ConfigurationErrorVectors.All.Select(v => v.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void WrongFile_IsToldWithPlaceSettingValueAndText(string name)
    {
        var vector = Array.Find(ConfigurationErrorVectors.All, v => v.Name == name)!;
        _folder.Write(vector.File, vector.Text);
        _folder.Variables["BAD_NAME"] = "not a name";
        _folder.Variables["ALB_MTLS_CERT"] = "aws-alb-cert";
        _folder.Variables["ALB_BACKEND_URL"] = "https://my-alb.example";
        _folder.Variables["NESTED"] = "https://a.example/${method}";

        var result = _folder.Load(vector.File == "pipeproxy.json" ? new ConfigurationOverrides() : new ConfigurationOverrides { Routes = vector.File });

        Assert.Null(result.Config);
        Assert.Equal(vector.Expected, string.Join('\n', result.Errors).Replace(_folder.PathOf(""), "DIR", StringComparison.Ordinal));
    }

    [Fact]
    public void DirectoryInAFilesPlace_IsCalledOne()
    {
        Directory.CreateDirectory(_folder.PathOf("folder"));
        Directory.CreateDirectory(_folder.PathOf("pipeproxy.json"));
        var named = _folder.Load(new ConfigurationOverrides { ConfigFile = "folder" });
        var byDefault = _folder.Load(new ConfigurationOverrides { Forward = "http://a.example" });
        Directory.Delete(_folder.PathOf("pipeproxy.json"));
        var flags = _folder.Load(new ConfigurationOverrides { Routes = "folder", TrustedCa = "folder", Listen = ["https://127.0.0.1:0"], TlsCertificate = "folder", TlsKey = "folder" });

        Assert.Equal(
            """
            error: --config "folder": names no file (DIR/folder is a directory)
            error: --config "pipeproxy.json": names no file (DIR/pipeproxy.json is a directory)
            error: --tls-certificate "folder": names no file (DIR/folder is a directory)
            error: --tls-key "folder": names no file (DIR/folder is a directory)
            error: --routes "folder": names no file (DIR/folder is a directory)
            error: --trusted-ca "folder": names no file (DIR/folder is a directory)
            """,
            string.Join('\n', named.Errors.Concat(byDefault.Errors).Concat(flags.Errors)).Replace(_folder.PathOf(""), "DIR", StringComparison.Ordinal));
    }

    [Fact]
    public void WrongFlags_AreToldByTheirNames()
    {
        var result = _folder.Load(new ConfigurationOverrides
        {
            ConfigFile = "nowhere.json",
            EnvFile = "nowhere.env",
        });
        var more = _folder.Load(new ConfigurationOverrides
        {
            Listen = ["tcp://x"],
            Routes = "nowhere.oas.json",
            Forward = "https://a.example",
            EnvironmentType = "prod",
            TrustedCa = "nowhere.pem",
            StatusProfile = "x",
            ErrorDetail = "ful",
            TlsCertificate = "nowhere.pem",
        });
        var lone = _folder.Write("a.pem", "").Load(new ConfigurationOverrides { Forward = "http://a.example", MtlsCertificate = "a", TlsCertificate = "a.pem", TlsKey = "a.pem" });
        var certificate = _folder.Load(new ConfigurationOverrides { MtlsCertificate = "a" });

        Assert.Equal(
            """
            error: --env-file "nowhere.env": names no file (DIR/nowhere.env does not exist)
            error: --config "nowhere.json": names no file (DIR/nowhere.json does not exist)
            error: --forward "https://a.example": comes with --routes; --forward is a route of its own, give one of them
            error: --environment-type "prod": must be one of development, preview, production
            error: --tls-certificate "nowhere.pem": comes without --tls-key; give both
            error: --listen "tcp://x": has no scheme http:// or https://; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            error: --trusted-ca "nowhere.pem": names no file (DIR/nowhere.pem does not exist)
            error: --status-profile "x": must be one of zuplo, cloudflare, rfc9209
            error: --error-detail "ful": must be one of byEnvironment, full, generic; did you mean "full"?
            error: --tls-certificate "a.pem": has no https listener to serve; add --listen https://ADDRESS:PORT
            error: --forward "http://a.example": is http://, over which no certificate can be presented; write https://, or remove mtlsCertificate
            error: --mtls-certificate "a": comes without --forward; in files a route names its certificate as mtlsCertificate
            error: configuration: none was found: there is no DIR/pipeproxy.json, and neither --config, --routes nor --forward is given
            """,
            string.Join('\n', result.Errors.Concat(more.Errors).Concat(lone.Errors).Concat(certificate.Errors)).Replace(_folder.PathOf(""), "DIR", StringComparison.Ordinal));
    }

    [Fact]
    public void WrongEnvFile_IsToldByLineWithoutValues()
    {
        _folder.Write("x.env", "A=1\n  secret value\nB=\"secret\n");

        var result = _folder.Load(new ConfigurationOverrides { EnvFile = "x.env", Forward = "https://a.example" });

        Assert.Equal(
            """
            x.env:2:3: error: --env-file: this line is not KEY=VALUE, where KEY is letters, digits and _, not a digit first
            x.env:3:1: error: --env-file: the value of B has an opening quote and no closing one at the end of the line
            """,
            string.Join('\n', result.Errors));
    }

    [Theory]
    [InlineData(65, "/a", "has 65 segments; at most 64 are taken")]
    [InlineData(17, "/{p#}", "has 17 parameters; at most 16 are taken")]
    [InlineData(257, "a", "has a segment of 257 bytes; at most 256 are taken")]
    public void OversizedPath_IsToldWithItsBound(int count, string part, string expected)
    {
        var problems = new List<string>();
        var text = string.Concat(Enumerable.Range(0, count).Select(i => part.Replace("#", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));

        Assert.Null(PathTemplate.Parse(text[0] == '/' ? text : $"/{text}", PathMode.OpenApi, problems));
        Assert.Equal([expected], problems);
    }

    [Fact]
    public void PlainListenerWithCertificates_IsRefused()
    {
        _folder.Write("a.pem", "").Write("pipeproxy.json", """{ "routes": [], "listeners": [ { "url": "http://127.0.0.1:1", "certificates": [ { "certificate": "a.pem", "key": "a.pem" } ] } ] }""");

        Assert.Equal(
            ["pipeproxy.json:1:41: error: listeners[0].url \"http://127.0.0.1:1\": is http://, but the listener has certificates; write https://, or remove them"],
            _folder.Load().Errors.Select(e => e.ToString()));
    }
}
