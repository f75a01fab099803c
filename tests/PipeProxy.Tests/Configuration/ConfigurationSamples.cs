namespace PipeProxy.Tests.Configuration;

/// <summary>Configuration files that several tests read.</summary>
internal static class ConfigurationSamples
{
    /// <summary>The documented sample, unchanged.</summary>
    internal const string Documented = """
        { "$schema": "docs/pipeproxy.schema.json",
          "environmentType": "production",                    // default development; a warning when that is bound beyond loopback
          "listeners": [ { "url": "http://0.0.0.0:8080" },
                         { "url": "https://0.0.0.0:8443", "certificates": [ { "certificate": "edge.pem", "key": "edge-key.pem" } ], "clientCertificates": { "mode": "none" } } ],
          "routes": "config/routes.oas.json",                 // a file, a list of files (alphabetical order of paths), or inline: [ { "path": "/api/{*rest}", "methods": ["GET"], "host": "a.example", "baseUrl": "https://..", "mtlsCertificate": "aws-alb-cert" } ]
          "certificateStore": "certificates", "trustedCertificates": "origin-ca.pem",
          "upstreams": { "https://my-alb.example": { "preset": "aws-alb", "serverName": "my-alb.example", "pool": { "maxConnections": 256, "minIdle": 0, "idleTimeout": "55s", "maxAge": "50m" } } },
          "timeouts": { "connect": "5s", "handshake": "5s", "requestHead": "10s", "firstByte": "60s", "betweenBytes": "60s", "keepAlive": "75s", "drain": "30s" },
          "limits": { "requestLine": "16KiB", "field": "16KiB", "fields": "64KiB", "fieldCount": 128, "body": "unlimited", "connections": 100000 },
          "statusProfile": "zuplo", "errorDetail": "byEnvironment", "accessLog": { "file": "-", "format": "json" } }
        """;

    /// <summary>Every key that there is, with a value that is not the default where it can be.</summary>
    internal const string EveryKey = """
        {
          "$schema": "docs/pipeproxy.schema.json",
          "revision": "7",
          "environmentType": "preview",
          "listeners": [
            { "url": "http://127.0.0.1:8080", "proxyProtocol": { "from": ["10.0.0.0/8"] }, "connections": 5 },
            { "url": "https://[::1]:8443", "certificates": [ { "certificate": "edge.pem", "key": "edge-key.pem" } ],
              "clientCertificates": { "mode": "optional", "ca": "origin-ca.pem", "forward": "chain" } }
          ],
          "routes": [
            { "path": "/a/{id}/{*rest}", "pathMode": "open-api", "methods": ["GET", "HEAD"], "host": "A.example", "name": "a", "corsPolicy": "app",
              "baseUrl": "https://my-alb.example/base", "mtlsCertificate": "aws-alb-cert", "forwardSearch": false, "allowGetBody": true },
            { "path": "/b/:id(\\d+)", "pathMode": "url-pattern", "rewritePattern": "https://my-alb.example/${params.id}" },
            { "path": "/c", "handler": { "export": "urlRewriteHandler", "module": "$import(@zuplo/runtime)",
              "options": { "rewritePattern": "https://my-alb.example/${method}", "mtlsCertificate": "$env(CERT)", "forwardSearch": true, "followRedirects": false, "allowGetBody": false } } },
            { "path": "/d", "handler": { "export": "redirectHandler", "module": "$import(@zuplo/runtime)", "options": { "location": "/new", "status": 308 } } },
            { "path": "/e", "handler": { "export": "UrlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "https://my-alb.example" } } }
          ],
          "certificateStore": "certificates",
          "certificates": {
            "mounted": { "folder": "secrets/alb", "environmentTypes": ["preview"] },
            "partner": { "pfx": "partner.pfx", "passphraseFile": "partner.pass" },
            "files": { "certificate": "a.pem", "key": "a-key.pem", "passphrase": "$env(CERT)" },
            "token": { "certificate": "a.pem", "key": "pkcs11:token=alb;object=client;type=private", "module": "/usr/lib/softhsm/libsofthsm2.so", "pin": "$env(CERT)" },
            "token2": { "certificate": "a.pem", "key": "pkcs11:token=alb;object=client", "pinFile": "pin" }
          },
          "trustedCertificates": "origin-ca.pem",
          "upstreams": {
            "https://my-alb.example": {
              "preset": "aws-alb", "serverName": "alb.example", "requireCertificateRequest": false, "probe": "/healthz?deep=1", "tlsResume": true,
              "pool": { "maxConnections": 8, "maxConnecting": 4, "handshakesPerSecond": 50, "minIdle": 1, "idleTimeout": "20s", "maxAge": "10m", "queueTimeout": "1s", "drainTimeout": "5s",
                "breaker": { "refusals": 3, "openTime": "30s" } },
              "limits": { "requestLine": "8KiB", "field": 4096, "fields": "32KiB", "responseHead": "16KiB", "forwardedFor": 10 }
            }
          },
          "timeouts": { "connect": "1s", "handshake": "2s", "requestHead": "3s", "firstByte": "4m", "betweenBytes": "1h", "keepAlive": "500ms", "total": "5m", "tunnel": "2h", "drain": "0s" },
          "limits": { "requestLine": "8KiB", "uri": "2KiB", "field": "4KiB", "fields": 32768, "fieldCount": 64, "responseHead": "1MiB", "body": "1GiB", "chunkExtensions": "1KiB", "trailers": 2048, "interimResponses": 4, "connections": 10,
            "connectionsPerClient": 5, "requestsPerConnection": 1000, "handshakesPerSecond": 100, "originHandshakes": 32, "originHandshakesPerSecond": 200, "requestBodyRate": 100, "responseBodyRate": "1KiB" },
          "statusProfile": "rfc9209",
          "errorDetail": "generic",
          "accessLog": { "file": "logs/access.log", "format": "combined" },
          "resolve": { "My-ALB.example": ["10.0.0.1", "fd00::1"] },
          "dnsRefresh": "10s",
          "corsPolicies": [
            { "name": "app", "allowedOrigins": ["https://app.example"], "allowedMethods": ["PUT"], "allowedHeaders": ["x-a"], "exposeHeaders": ["x-b"], "maxAge": 600, "allowCredentials": true }
          ],
          "forwarding": { "trustedHops": ["10.0.0.0/8", "192.0.2.1"], "forwarded": true, "upgrades": ["websocket", "tls"] },
        }
        """;

    /// <summary>An OpenAPI document around what <c>x-zuplo-route</c> holds.</summary>
    internal static string Document(string route, string path = "/{*rest}", string mode = "open-api") => $$"""
        {
          "openapi": "3.1.0",
          "info": { "title": "API", "version": "1.0.0" },
          "paths": {
            "{{path}}": {
              "x-zuplo-path": { "pathMode": "{{mode}}" },
              "get": {
                "summary": "A route", "operationId": "get-it", "responses": {}, "parameters": [], "x-internal": true,
                "x-zuplo-route": {{route}}
              }
            }
          }
        }
        """;

    /// <summary>The guide's first handler snippet, unchanged.</summary>
    internal const string GuideForward = """
        {
          "handler": {
            "export": "urlForwardHandler",
            "module": "$import(@zuplo/runtime)",
            "options": {
              "baseUrl": "https://my-alb-1234567890.us-east-1.elb.amazonaws.com",
              "mtlsCertificate": "aws-alb-cert"
            }
          }
        }
        """;

    /// <summary>The guide's second, with variables.</summary>
    internal const string GuideVariables = """
        {
          "handler": {
            "export": "urlForwardHandler",
            "module": "$import(@zuplo/runtime)",
            "options": {
              "baseUrl": "${env.ALB_BACKEND_URL}",
              "mtlsCertificate": "$env(ALB_MTLS_CERT)"
            }
          }
        }
        """;
}
