using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DocumentedSample_Loads()
    {
        WriteFiles(ConfigurationSamples.Documented).Write("config/routes.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideForward.Replace("my-alb-1234567890.us-east-1.elb.amazonaws.com", "my-alb.example")));

        var result = _folder.Load();

        Assert.Empty(result.Errors);
        var config = result.Config!;
        Assert.Equal(EnvironmentType.Production, config.EnvironmentType);
        Assert.Equal(["http://0.0.0.0:8080", "https://0.0.0.0:8443"], config.Listeners.Select(l => l.Url));
        Assert.Equal(_folder.PathOf("edge-key.pem"), config.Listeners[1].Certificates[0].Key);
        Assert.Equal(_folder.PathOf("certificates"), config.CertificateStore);
        Assert.Equal(_folder.PathOf("origin-ca.pem"), config.TrustedCertificates);
        Assert.Equal(UpstreamConfig.AwsAlb with { ServerName = "my-alb.example", Source = config.Upstreams["https://my-alb.example"].Source }, config.Upstreams["https://my-alb.example"]);
        Assert.Equal(new TimeoutConfig(), config.Timeouts);
        Assert.Equal(new LimitConfig(), config.Limits);
        Assert.Equal(new AccessLogConfig("-"), config.AccessLog);
        Assert.Equal(
            ["pipeproxy.json", "edge.pem", "edge-key.pem", "config/routes.oas.json", "origin-ca.pem"],
            result.Files.Select(f => Path.GetRelativePath(_folder.PathOf(""), f)));
    }

    [Fact]
    public void EveryKey_IsRead()
    {
        _folder.Variables["CERT"] = "from_env";

        var config = WriteFiles(ConfigurationSamples.EveryKey).LoadConfig();

        Assert.Equal("7", config.Revision);
        var route = config.Routes[0];
        Assert.Equal(("a.example", "a", "app", true), (route.Host, route.Name, route.CorsPolicy, route.AllowGetBody));
        Assert.Equal(["GET", "HEAD"], route.Methods);
        Assert.Equal(new RouteHandlerConfig.UrlForward("https://my-alb.example/base") { MtlsCertificate = "aws-alb-cert", ForwardSearch = false }, route.Handler);
        Assert.Equal("routes[0].mtlsCertificate", route.MtlsCertificateSource!.Value.Setting);
        Assert.Equal(new RouteHandlerConfig.UrlRewrite("https://my-alb.example/${params.id}"), config.Routes[1].Handler);
        Assert.Equal(new RouteHandlerConfig.UrlRewrite("https://my-alb.example/${method}") { MtlsCertificate = "from_env" }, config.Routes[2].Handler);
        Assert.Equal("$env(CERT)", config.Routes[2].MtlsCertificateSource!.Value.Value);
        Assert.Equal(new RouteHandlerConfig.Redirect("/new", 308), config.Routes[3].Handler);
        var upstream = config.Upstreams["https://my-alb.example"];
        Assert.Equal((false, true), (upstream.RequireCertificateRequest, upstream.TlsResume));
        Assert.Equal(new PoolConfig { MaxConnections = 8, MaxConnecting = 4, HandshakesPerSecond = 50, MinIdle = 1, IdleTimeout = TimeSpan.FromSeconds(20), MaxAge = TimeSpan.FromMinutes(10), QueueTimeout = TimeSpan.FromSeconds(1), DrainTimeout = TimeSpan.FromSeconds(5), Breaker = new BreakerConfig { Refusals = 3, OpenTime = TimeSpan.FromSeconds(30) } }, upstream.Pool);
        Assert.Equal(new UpstreamLimitConfig { RequestLine = 8192, Field = 4096, Fields = 32768, ResponseHead = 16384, ForwardedFor = 10 }, upstream.Limits);
        Assert.Equal(TimeSpan.FromHours(1), config.Timeouts.BetweenBytes);
        Assert.Equal(TimeSpan.FromMilliseconds(500), config.Timeouts.KeepAlive);
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromHours(2)), (config.Timeouts.Total!.Value, config.Timeouts.Tunnel));
        Assert.Equal(
            new LimitConfig
            {
                RequestLine = 8192,
                Uri = 2048,
                Field = 4096,
                Fields = 32768,
                FieldCount = 64,
                ResponseHead = 1 << 20,
                Body = 1 << 30,
                ChunkExtensions = 1024,
                Trailers = 2048,
                InterimResponses = 4,
                Connections = 10,
                ConnectionsPerClient = 5,
                RequestsPerConnection = 1000,
                HandshakesPerSecond = 100,
                OriginHandshakes = 32,
                OriginHandshakesPerSecond = 200,
                RequestBodyRate = 100,
                ResponseBodyRate = 1024,
            },
            config.Limits);
        Assert.Equal(("10.0.0.0/8", 5), (Assert.Single(config.Listeners[0].ProxyProtocolFrom).ToString(), config.Listeners[0].Connections));
        var clients = config.Listeners[1].ClientCertificates;
        Assert.Equal((ClientCertificateMode.Optional, _folder.PathOf("origin-ca.pem"), ClientCertificateForwarding.Chain), (clients.Mode, clients.Authority, clients.Forward));
        Assert.Equal((StatusProfile.Rfc9209, ErrorDetail.Generic), (config.StatusProfile, config.ErrorDetail));
        Assert.Equal(new AccessLogConfig(_folder.PathOf("logs/access.log"), AccessLogFormat.Combined), config.AccessLog);
        Assert.Equal(["10.0.0.1", "fd00::1"], config.Resolve["my-alb.example"]);
        Assert.Equal(TimeSpan.FromSeconds(10), config.DnsRefresh);
        var policy = Assert.Single(config.CorsPolicies);
        Assert.Equal((TimeSpan.FromMinutes(10), true), (policy.MaxAge, policy.AllowCredentials));
        Assert.Equal(["10.0.0.0/8", "192.0.2.1/32"], config.Forwarding.TrustedHops.Select(hop => hop.ToString()));
        Assert.True(config.Forwarding.Forwarded);
        Assert.Equal(["websocket", "tls"], config.Forwarding.Upgrades);
    }

    [Fact]
    public void NoFileAndForward_GivesOneRouteOnLoopback()
    {
        var config = _folder.LoadConfig(new ConfigurationOverrides { Forward = "https://my-alb.example", MtlsCertificate = "aws-alb-cert" });

        Assert.Equal("http://127.0.0.1:8080", Assert.Single(config.Listeners).Url);
        var route = Assert.Single(config.Routes);
        Assert.Empty(route.Methods);
        Assert.Equal(new RouteHandlerConfig.UrlForward("https://my-alb.example") { MtlsCertificate = "aws-alb-cert" }, route.Handler);
        Assert.Equal(new SettingSource(null, "--mtls-certificate", "aws-alb-cert"), route.MtlsCertificateSource);
        Assert.Equal(_folder.PathOf("certificates"), config.CertificateStore);
    }

    [Fact]
    public void EveryFlag_OverridesItsKey()
    {
        _folder.Variables["CERT"] = "a";
        WriteFiles(ConfigurationSamples.EveryKey).Write("other.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideForward)).Write("ca2.pem", "");

        var config = _folder.LoadConfig(new ConfigurationOverrides
        {
            Listen = ["http://localhost:1", "https://127.0.0.1:2"],
            Routes = "other.oas.json",
            Store = "store2",
            EnvironmentType = "production",
            TrustedCa = "ca2.pem",
            StatusProfile = "cloudflare",
            ErrorDetail = "full",
            AccessLog = "-",
            TlsCertificate = "edge.pem",
            TlsKey = "edge-key.pem",
        });

        Assert.Equal(["http://localhost:1", "https://127.0.0.1:2"], config.Listeners.Select(l => l.Url));
        Assert.Equal(new ListenerCertificateConfig(_folder.PathOf("edge.pem"), _folder.PathOf("edge-key.pem")), Assert.Single(config.Listeners[1].Certificates) with { CertificateSource = null, KeySource = null });
        Assert.Equal("get-it", Assert.Single(config.Routes).Name);
        Assert.Equal(_folder.PathOf("store2"), config.CertificateStore);
        Assert.Equal(EnvironmentType.Production, config.EnvironmentType);
        Assert.Equal(_folder.PathOf("ca2.pem"), config.TrustedCertificates);
        Assert.Equal((StatusProfile.Cloudflare, ErrorDetail.Full), (config.StatusProfile, config.ErrorDetail));
        Assert.Equal(new AccessLogConfig("-", AccessLogFormat.Combined), config.AccessLog);
    }

    [Fact]
    public void StoreVariable_StandsBehindFileAndFlag()
    {
        _folder.Variables["PIPEPROXY_STORE"] = "from-variable";
        var forward = new ConfigurationOverrides { Forward = "https://a.example" };

        Assert.Equal(_folder.PathOf("from-variable"), _folder.LoadConfig(forward).CertificateStore);
        Assert.Equal(_folder.PathOf("from-flag"), _folder.LoadConfig(forward with { Store = "from-flag" }).CertificateStore);
        _folder.Write("pipeproxy.json", """{ "certificateStore": "from-file" }""");
        Assert.Equal(_folder.PathOf("from-file"), _folder.LoadConfig(forward).CertificateStore);
    }

    [Fact]
    public void RoutesFiles_AreReadInOrderOfTheirPathsRelativeToTheFile()
    {
        _folder.Write("conf/pipeproxy.json", """{ "routes": ["b.oas.json", "a.oas.json"] }""")
            .Write("conf/a.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideForward, "/a"))
            .Write("conf/b.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideForward, "/b"));

        var config = _folder.LoadConfig(new ConfigurationOverrides { ConfigFile = "conf/pipeproxy.json" });

        Assert.Equal(["/a", "/b"], config.Routes.Select(r => r.Path));
        Assert.Equal(new SourcePosition("conf/a.oas.json", 7, 14), config.Routes[0].Source);
    }

    [Fact]
    public void DevelopmentBeyondLoopback_Warns()
    {
        var result = _folder.Load(new ConfigurationOverrides { Forward = "https://a.example", Listen = ["http://127.0.0.1:1", "http://*:2"] });

        var warning = Assert.Single(result.Errors);
        Assert.NotNull(result.Config);
        Assert.Equal((ErrorSeverity.Warning, "environmentType"), (warning.Severity, warning.Setting));
        Assert.StartsWith("is served on http://*:2, which others can reach", warning.Message);
    }

    [Fact]
    public void AlbPreset_WarnsBeyondTheAlbsOwnLimits()
    {
        _folder.Write("pipeproxy.json", """
            { "upstreams": { "https://a.example": { "preset": "aws-alb", "pool": { "idleTimeout": "60s", "maxAge": "2h" } } } }
            """);

        var result = _folder.Load(new ConfigurationOverrides { Forward = "https://A.example:443/x" });

        Assert.Equal(["idleTimeout", "maxAge"], result.Errors.Select(e => e.Setting.Split('.')[^1]));
        Assert.All(result.Errors, e => Assert.Equal(ErrorSeverity.Warning, e.Severity));
        Assert.Equal(TimeSpan.FromHours(2), result.Config!.Upstreams["https://a.example"].Pool.MaxAge);
    }

    [Fact]
    public void TrustedHops_AreAddressesAndNetworks()
    {
        _folder.Write("pipeproxy.json", """{ "forwarding": { "trustedHops": ["10.0.0.0/8", "192.0.2.1", "fd00::1", "::ffff:192.0.2.2", "fd00::/8"] } }""");

        var config = _folder.LoadConfig(new ConfigurationOverrides { Forward = "https://a.example" });

        Assert.Equal(["10.0.0.0/8", "192.0.2.1/32", "fd00::1/128", "192.0.2.2/32", "fd00::/8"], config.Forwarding.TrustedHops.Select(hop => hop.ToString()));
    }

    [Fact]
    public void UpstreamWithoutRoute_WarnsAndSuggests()
    {
        _folder.Write("pipeproxy.json", """{ "upstreams": { "https://my-alb.exmaple": {} } }""");

        var result = _folder.Load(new ConfigurationOverrides { Forward = "https://my-alb.example" });

        Assert.Equal(
            """pipeproxy.json:1:18: warning: upstreams["https://my-alb.exmaple"]: is an origin that no route goes to; did you mean "https://my-alb.example"?""",
            Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void MissingFile_IsStillWatched()
    {
        var result = _folder.Load(new ConfigurationOverrides { ConfigFile = "nowhere.json" });

        Assert.Null(result.Config);
        Assert.Equal([_folder.PathOf("nowhere.json")], result.Files);
    }

    private ConfigurationFolder WriteFiles(string configuration)
        => _folder.Write("pipeproxy.json", configuration).Write("edge.pem", "").Write("edge-key.pem", "").Write("origin-ca.pem", "");
}
