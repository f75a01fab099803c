namespace Demo;

/// <summary>The two files that configure the proxy, and the variables that they take, as the guide writes them.</summary>
internal static class Files
{
    /// <summary>Flags that name them.</summary>
    public const string Flags = "--config pipeproxy.json --env-file .env";

    public static string Environment(Cast cast) => $"""
        ALB_BACKEND_URL={Cast.UrlOf(cast.LoadBalancer)}
        OLDER_ALB_BACKEND_URL={Cast.UrlOf(cast.OlderLoadBalancer)}
        ALB_MTLS_CERT=aws-alb-cert

        """;

    public static string Configuration(Cast cast) => $$"""
        {
          "environmentType": "development",
          "listeners": [ { "url": "http://127.0.0.1:0" } ],
          "routes": "config/routes.oas.json",
          "certificateStore": "certificates",
          "trustedCertificates": "web-ca.pem",
          "upstreams": {
            "{{Cast.UrlOf(cast.LoadBalancer)}}": { "preset": "aws-alb" },
            "{{Cast.UrlOf(cast.OlderLoadBalancer)}}": { "preset": "aws-alb" }
          }
        }

        """;

    public static string Routes() => $$"""
        {
          "openapi": "3.1.0",
          "info": { "title": "Demo", "version": "1.0.0" },
          "paths": {
        {{string.Join(",\n", [
            Route("/orders/{id}", "${env.ALB_BACKEND_URL}", "$env(ALB_MTLS_CERT)"),
            Route("/status/{code}", "${env.ALB_BACKEND_URL}", "aws-alb-cert"),
            Route("/partner/{id}", "${env.ALB_BACKEND_URL}", "partner-cert"),
            Route("/stranger", "${env.ALB_BACKEND_URL}", "stranger-cert"),
            Route("/older/stranger", "${env.OLDER_ALB_BACKEND_URL}", "stranger-cert"),
            Route("/reports", "${env.ALB_BACKEND_URL}", "reports-cert"),
        ])}}
          }
        }

        """;

    private static string Route(string path, string baseUrl, string certificate) => $$"""
            "{{path}}": {
              "get": {
                "x-zuplo-route": {
                  "corsPolicy": "none",
                  "handler": {
                    "export": "urlForwardHandler",
                    "module": "$import(@zuplo/runtime)",
                    "options": {
                      "baseUrl": "{{baseUrl}}",
                      "mtlsCertificate": "{{certificate}}"
                    }
                  }
                }
              }
            }
        """;
}
