using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class RoutesDocumentTests : IDisposable
{
    private static readonly ConfigurationOverrides Routes = new() { Routes = "routes.oas.json" };

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GuidesForwardSnippet_LoadsUnchanged()
    {
        _folder.Write("routes.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideForward));

        var route = Assert.Single(_folder.LoadConfig(Routes).Routes);

        Assert.Equal(new RouteHandlerConfig.UrlForward("https://my-alb-1234567890.us-east-1.elb.amazonaws.com") { MtlsCertificate = "aws-alb-cert" }, route.Handler);
        Assert.Equal(("get-it", "none", PathMode.OpenApi), (route.Name, route.CorsPolicy, route.PathMode));
        Assert.Equal(["GET"], route.Methods);
        Assert.Equal("""paths["/{*rest}"].get.x-zuplo-route.handler.options.mtlsCertificate""", route.MtlsCertificateSource!.Value.Setting);
    }

    [Fact]
    public void GuidesVariableSnippet_LoadsUnchanged()
    {
        _folder.Write("routes.oas.json", ConfigurationSamples.Document(ConfigurationSamples.GuideVariables))
            .Write(".env", "export ALB_BACKEND_URL=\"https://my-alb.example\" # the ALB\nALB_MTLS_CERT=overridden\n");
        _folder.Variables["ALB_MTLS_CERT"] = "aws_alb_cert";

        var route = Assert.Single(_folder.LoadConfig(Routes with { EnvFile = ".env" }).Routes);

        Assert.Equal(new RouteHandlerConfig.UrlForward("https://my-alb.example") { MtlsCertificate = "aws_alb_cert" }, route.Handler);
    }

    [Fact]
    public void OperationsAndPaths_KeepFileOrder()
    {
        _folder.Write("routes.oas.json", """
            { "openapi": "3.0.3", "paths": {
              "/b": { "post": { "x-zuplo-route": { "corsPolicy": "anything-goes", "handler": { "export": "urlRewriteHandler", "module": "$import(@zuplo/runtime)", "options": { "rewritePattern": "https://a.example/x" } } } },
                      "get": { "x-zuplo-route": { "handler": { "export": "UrlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "https://a.example" } }, "policies": { "inbound": [], "outbound": [] } } } },
              "/a/:id": { "x-zuplo-path": { "pathMode": "url-pattern" }, "delete": { "x-zuplo-route": { "handler": { "export": "default", "module": "$import(./modules/hello)" } } } },
              "x-note": 1 } }
            """);
        _folder.Functions.Add("hello");

        var routes = _folder.LoadConfig(Routes).Routes;

        Assert.Equal(["POST /b", "GET /b", "DELETE /a/:id"], routes.Select(r => r.Name));
        Assert.Equal("anything-goes", routes[0].CorsPolicy);
        Assert.Equal(PathMode.UrlPattern, routes[2].PathMode);
        Assert.Equal(new RouteHandlerConfig.Function("hello"), routes[2].Handler);
    }

    [Fact]
    public void AllowUnsupported_TurnsRefusalsIntoWarningsAndKeepsTheRoutesPlace()
    {
        _folder.Write("routes.oas.json", """
            { "openapi": "3.1.0", "paths": {
              "/a": { "get": { "x-zuplo-route": { "handler": { "export": "aiGatewayHandler", "module": "$import(@zuplo/runtime)", "options": {} } } } },
              "/b": { "get": { "x-zuplo-route": { "policies": { "inbound": ["api-key"] }, "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "https://a.example", "followRedirects": true } } } } },
              "/c": { "get": { "x-zuplo-route": { "handler": { "export": "named", "module": "$import(./modules/own)" } } }, "post": {} , "trace": {} } } }
            """);

        var refused = _folder.Load(Routes);
        var allowed = _folder.Load(Routes with { AllowUnsupported = true });

        Assert.Null(refused.Config);
        Assert.Equal(6, refused.Errors.Count(e => e.Severity == ErrorSeverity.Error));
        Assert.Equal(6, allowed.Errors.Count(e => e.Severity == ErrorSeverity.Warning));
        Assert.Equal(
            [new RouteHandlerConfig.Unsupported("aiGatewayHandler"), new RouteHandlerConfig.UrlForward("https://a.example"), new RouteHandlerConfig.Unsupported("$import(./modules/own)")],
            allowed.Config!.Routes.Select(r => r.Handler));
    }
}
