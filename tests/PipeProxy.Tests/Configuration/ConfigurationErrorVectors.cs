namespace PipeProxy.Tests.Configuration;

/// <summary>Wrong configurations, and every word that is said about them.</summary>
/// <remarks>One error a line: place, setting, value, message. The text is a promise to people; a change of it is a change of this table.</remarks>
internal static class ConfigurationErrorVectors
{
    internal static readonly ConfigurationErrorVector[] All =
    [
        new(
            "NotJson",
            Configuration,
            """
            { "routes": [],
              "limits": { "field" 3 } }
            """,
            """
            pipeproxy.json:2:23: error: (file): is not JSON: '3' is invalid after a property name. Expected a ':'
            """),
        new(
            "TextBehindRoot",
            Configuration,
            """
            { "routes": [] }
             x
            """,
            """
            pipeproxy.json:2:2: error: (file): is not JSON: 'x' is invalid after a single JSON value. Expected end of data
            """),
        new(
            "EmptyFile",
            Configuration,
            "",
            """
            pipeproxy.json:1:1: error: (file): is not JSON: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true
            """),
        new(
            "RootIsNoObject",
            Configuration,
            """
            [1]
            """,
            """
            pipeproxy.json:1:1: error: (file): must be an object in braces, { ... }
            """),
        new(
            "LonePairHalf",
            Configuration,
            """
            { "routes": [], "revision": "\ud800" }
            """,
            """
            pipeproxy.json:1:29: error: revision: is not valid UTF-8 or holds half of a surrogate pair; save the file as UTF-8
            """),
        new(
            "UnknownKey",
            Configuration,
            """
            { "routes": [],
              "enviromentType": "production" }
            """,
            """
            pipeproxy.json:2:3: error: enviromentType "production": is not a known key; did you mean "environmentType"?
            """),
        new(
            "UnknownKeyFarFromAll",
            Configuration,
            """
            { "routes": [], "zzz": {} }
            """,
            """
            pipeproxy.json:1:17: error: zzz: is not a known key
            """),
        new(
            "KeyGivenTwice",
            Configuration,
            """
            { "routes": [],
              "errorDetail": "full",
              "errorDetail": "generic" }
            """,
            """
            pipeproxy.json:3:3: error: errorDetail "generic": is given twice, first on line 2; keep one
            """),
        new(
            "ColumnsCountBytes",
            Configuration,
            """
            { "routes": [], /* é */ "statusProfile": "Zuplo" }
            """,
            """
            pipeproxy.json:1:43: error: statusProfile "Zuplo": must be one of zuplo, cloudflare, rfc9209; did you mean "zuplo"?
            """),
        new(
            "WrongKind",
            Configuration,
            """
            { "routes": [], "timeouts": 5, "listeners": {}, "revision": 3, "accessLog": null }
            """,
            """
            pipeproxy.json:1:29: error: timeouts "5": must be an object in braces, { ... }
            pipeproxy.json:1:45: error: listeners: must be a list in brackets, [ ... ]
            pipeproxy.json:1:61: error: revision "3": must be a string in quotes
            pipeproxy.json:1:77: error: accessLog "null": must be an object in braces, { ... }
            """),
        new(
            "Enumerations",
            Configuration,
            """
            { "routes": [], "environmentType": "prod", "errorDetail": "FULL" }
            """,
            """
            pipeproxy.json:1:36: error: environmentType "prod": must be one of development, preview, production
            pipeproxy.json:1:59: error: errorDetail "FULL": must be one of byEnvironment, full, generic; did you mean "full"?
            """),
        new(
            "CertificateName",
            Configuration,
            """
            { "routes": [], "certificates": { "-a": { "folder": "x" }, "b": "x" } }
            """,
            """
            pipeproxy.json:1:35: error: certificates.-a: may not have '-' as character 1; a certificate's name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'
            pipeproxy.json:1:65: error: certificates.b "x": must be an object in braces, { ... }
            """),
        new(
            "CertificateWithoutOrWithSeveralPlaces",
            Configuration,
            """
            { "routes": [], "certificates": {
             "a": {},
             "b": { "folder": "x", "pfx": "y" },
             "c": { "certificate": "x" },
             "d": { "folder": "x", "key": "y" },
             "e": { "pfx": "x", "key": "y" } } }
            """,
            """
            pipeproxy.json:2:7: error: certificates.a: says not where the certificate is; name a folder with tls.crt and tls.key, a pfx file, or a certificate and its key
            pipeproxy.json:3:31: error: certificates.b.pfx "y": comes beside folder; a certificate is in one place, keep one of them
            pipeproxy.json:4:7: error: certificates.c.key: is missing; write the path of the private key's PEM file, or the pkcs11: URI of a key in a token
            pipeproxy.json:5:31: error: certificates.d.key "y": comes beside folder, whose key is in its tls.key; remove it
            pipeproxy.json:6:28: error: certificates.e.key "y": comes beside pfx, which holds its key; remove it
            """),
        new(
            "CertificateSecretsAreNotShown",
            Configuration,
            """
            { "routes": [], "certificates": {
             "a": { "pfx": "x", "passphrase": "open sesame" },
             "b": { "pfx": "x", "pasphrase": "open sesame" },
             "c": { "pfx": "x", "passphrase": "$env(BAD_NAME)", "passphraseFile": "y" } } }
            """,
            """
            pipeproxy.json:2:35: error: certificates.a.passphrase: stands in this file for every reader; write $env(NAME) and set that variable, or name a file with passphraseFile
            pipeproxy.json:3:21: error: certificates.b.pasphrase: is not a known key; did you mean "passphrase"?
            pipeproxy.json:4:35: error: certificates.c.passphrase: comes beside passphraseFile; keep one of them
            """),
        new(
            "CertificateInAToken",
            Configuration,
            """
            { "routes": [], "certificates": {
             "a": { "certificate": "x", "key": "pkcs11:token=a;object=b?pin-value=1234" },
             "b": { "certificate": "x", "key": "pkcs11:token=a?module-path=/x.so", "pin": "1234" },
             "c": { "certificate": "x", "key": "pkcs11:token=a", "passphraseFile": "y" },
             "d": { "certificate": "x", "key": "y", "pinFile": "z", "module": "m" } } }
            """,
            """
            pipeproxy.json:2:36: error: certificates.a.key: has the attribute pin-value in its URI; the PIN goes into pinFile or pin
            pipeproxy.json:3:36: error: certificates.b.key: has the attribute module-path in its URI; the library goes into module
            pipeproxy.json:3:79: error: certificates.b.pin: stands in this file for every reader; write $env(NAME) and set that variable, or name a file with pinFile
            pipeproxy.json:4:72: error: certificates.c.passphraseFile: does not go with a key in a token; write pin or pinFile
            pipeproxy.json:5:52: error: certificates.d.pinFile: goes with a key in a token, "key": "pkcs11:...", alone; remove it
            pipeproxy.json:5:67: error: certificates.d.module: goes with a key in a token, "key": "pkcs11:...", alone; remove it
            """),
        new(
            "CertificateEnvironmentTypes",
            Configuration,
            """
            { "routes": [], "certificates": {
             "a": { "folder": "x", "environmentTypes": ["prodution"] },
             "b": { "folder": "x", "environmentTypes": [] } } }
            """,
            """
            pipeproxy.json:2:45: error: certificates.a.environmentTypes[0] "prodution": must be one of development, preview, production; did you mean "production"?
            pipeproxy.json:3:44: error: certificates.b.environmentTypes: names none, so the certificate could never be presented; name some, or leave the key out for all
            """),
        new(
            "Durations",
            Configuration,
            """
            { "routes": [], "timeouts": {
             "connect": 5,
             "handshake": "5",
             "requestHead": "5 s",
             "firstByte": "0s",
             "betweenBytes": "25h",
             "keepAlive": true } }
            """,
            """
            pipeproxy.json:2:13: error: timeouts.connect "5": has no unit; must be a duration such as "500ms", "5s", "50m" or "1h"
            pipeproxy.json:3:15: error: timeouts.handshake "5": must be a duration such as "500ms", "5s", "50m" or "1h"
            pipeproxy.json:4:17: error: timeouts.requestHead "5 s": must be a duration such as "500ms", "5s", "50m" or "1h"
            pipeproxy.json:5:15: error: timeouts.firstByte "0s": must be from 1ms to 24h
            pipeproxy.json:6:18: error: timeouts.betweenBytes "25h": must be from 1ms to 24h
            pipeproxy.json:7:15: error: timeouts.keepAlive "true": must be a duration such as "500ms", "5s", "50m" or "1h"
            """),
        new(
            "DnsRefreshAboveOneMinute",
            Configuration,
            """
            { "routes": [], "dnsRefresh": "61s" }
            """,
            """
            pipeproxy.json:1:31: error: dnsRefresh "61s": must be from 1s to 1m
            """),
        new(
            "Sizes",
            Configuration,
            """
            { "routes": [], "limits": {
             "requestLine": "16KB",
             "field": 1,
             "fields": "2MiB",
             "body": "lots",
             "fieldCount": 0,
             "connections": "many" } }
            """,
            """
            pipeproxy.json:2:17: error: limits.requestLine "16KB": must be a size such as 16384, "16KiB" or "1MiB"
            pipeproxy.json:3:11: error: limits.field "1": must be from 64 bytes to 1MiB
            pipeproxy.json:4:12: error: limits.fields "2MiB": must be from 64 bytes to 1MiB
            pipeproxy.json:5:10: error: limits.body "lots": must be a size such as 16384, "16KiB" or "1MiB", or "unlimited"
            pipeproxy.json:6:16: error: limits.fieldCount "0": must be a whole number from 1 to 10000
            pipeproxy.json:7:17: error: limits.connections "many": must be a whole number from 1 to 10000000
            """),
        new(
            "Booleans",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "https://a.example", "forwardSearch": "true" } ] }
            """,
            """
            pipeproxy.json:1:79: error: routes[0].forwardSearch "true": must be true or false, without quotes
            """),
        new(
            "RoutesMissing",
            Configuration,
            """
            { }
            """,
            """
            pipeproxy.json:1:1: error: routes: is missing; name a file, write routes inline, or use --routes FILE or --forward URL
            """),
        new(
            "RoutesOfWrongKind",
            Configuration,
            """
            { "routes": 1 }
            """,
            """
            pipeproxy.json:1:13: error: routes "1": must be a file's path, a list of paths, or a list of routes
            """),
        new(
            "RoutesMixed",
            Configuration,
            """
            { "routes": [ "routes.oas.json", {}, "routes.oas.json" ] }
            """,
            """
            pipeproxy.json:1:15: error: routes[0] "routes.oas.json": names no file (DIR/routes.oas.json does not exist)
            pipeproxy.json:1:34: error: routes[1]: stands in a list of files; write paths or routes, not both
            pipeproxy.json:1:38: error: routes[2] "routes.oas.json": is listed twice; keep one
            """),
        new(
            "RoutesFileMissing",
            Configuration,
            """
            { "routes": "config/nowhere.json" }
            """,
            """
            pipeproxy.json:1:13: error: routes "config/nowhere.json": names no file (DIR/config/nowhere.json does not exist)
            """),
        new(
            "ListenerUrls",
            Configuration,
            """
            { "routes": [], "environmentType": "preview", "listeners": [ { "url": "127.0.0.1:80" }, { "url": "http://a.example:80" }, { "url": "http://127.0.0.1:65536" },
             { "url": "http://127.0.0.1:80/x" }, {}, { "url": "http://127.0.0.1:81" }, { "url": "http://127.0.0.1:81/" }, { "url": "http://127.1:82" } ] }
            """,
            """
            pipeproxy.json:1:71: error: listeners[0].url "127.0.0.1:80": has no scheme http:// or https://; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            pipeproxy.json:1:98: error: listeners[1].url "http://a.example:80": names "a.example", which is no IP address; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            pipeproxy.json:1:132: error: listeners[2].url "http://127.0.0.1:65536": has a port that is not a number from 0 to 65535; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            pipeproxy.json:2:11: error: listeners[3].url "http://127.0.0.1:80/x": has more than an address and a port; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            pipeproxy.json:2:38: error: listeners[4].url: is missing; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            pipeproxy.json:2:85: error: listeners[6].url "http://127.0.0.1:81/": is the address of another listener; remove one of them
            pipeproxy.json:2:120: error: listeners[7].url "http://127.1:82": names "127.1", which is no IP address; write http://ADDRESS:PORT or https://ADDRESS:PORT, where ADDRESS is an IP address, localhost or *
            """),
        new(
            "ListenersOfNoAddress",
            Configuration,
            """
            { "routes": [], "listeners": [] }
            """,
            """
            pipeproxy.json:1:30: error: listeners: names none, so nobody could be served; name some, or leave the key out for http://127.0.0.1:8080
            """),
        new(
            "ListenerCertificates",
            Configuration,
            """
            { "routes": [], "listeners": [ { "url": "https://127.0.0.1:1" },
             { "url": "http://127.0.0.1:2", "certificates": [ { "certificate": "nowhere.pem" } ], "clientCertificates": { "mode": "require" } } ] }
            """,
            """
            pipeproxy.json:1:41: error: listeners[0].url "https://127.0.0.1:1": is https://, but the listener has no certificates; add certificates, or --tls-certificate and --tls-key
            pipeproxy.json:2:51: error: listeners[1].certificates[0].key: is missing; write the path of the private key's PEM file
            pipeproxy.json:2:68: error: listeners[1].certificates[0].certificate "nowhere.pem": names no file (DIR/nowhere.pem does not exist)
            pipeproxy.json:2:109: error: listeners[1].clientCertificates.ca: is missing; name the PEM file of the CA that issues your clients' certificates
            pipeproxy.json:2:119: error: listeners[1].clientCertificates.mode "require": needs an https:// listener; write https://, or remove clientCertificates
            """),
        new(
            "ListenerClients",
            Configuration,
            """
            { "routes": [], "listeners": [ { "url": "http://127.0.0.1:1", "proxyProtocol": { }, "connections": 0 },
             { "url": "http://127.0.0.1:2", "proxyProtocol": { "from": ["10.0.0.0/33"], "to": [] } },
             { "url": "https://127.0.0.1:3", "certificates": [ { "certificate": "pipeproxy.json", "key": "pipeproxy.json" } ],
               "clientCertificates": { "mode": "required", "ca": "nowhere.pem", "forward": "all" } } ] }
            """,
            """
            pipeproxy.json:1:80: error: listeners[0].proxyProtocol.from: is missing; list the load balancers whose word is believed, such as "10.0.0.0/8"
            pipeproxy.json:1:100: error: listeners[0].connections "0": must be a whole number from 1 to 10000000
            pipeproxy.json:2:61: error: listeners[1].proxyProtocol.from[0] "10.0.0.0/33": is neither an address nor a network; write such as "10.0.0.1" or "10.0.0.0/8"
            pipeproxy.json:2:77: error: listeners[1].proxyProtocol.to: is not a known key
            pipeproxy.json:4:36: error: listeners[2].clientCertificates.mode "required": must be one of none, optional, require; did you mean "require"?
            pipeproxy.json:4:54: error: listeners[2].clientCertificates.ca "nowhere.pem": names no file (DIR/nowhere.pem does not exist)
            pipeproxy.json:4:80: error: listeners[2].clientCertificates.forward "all": must be one of none, certificate, chain
            """),
        new(
            "PrivateKeyInPlaceOfAPath",
            Configuration,
            """
            { "routes": [], "listeners": [ { "url": "https://127.0.0.1:1", "certificates": [ { "certificate": "pipeproxy.json", "key": "-----BEGIN PRIVATE KEY-----\nMIIE" } ] } ] }
            """,
            """
            pipeproxy.json:1:124: error: listeners[0].certificates[0].key "(a private key)": names no file (it does not exist)
            """),
        new(
            "TrustedCertificatesMissing",
            Configuration,
            """
            { "routes": [], "trustedCertificates": "nowhere.pem" }
            """,
            """
            pipeproxy.json:1:40: error: trustedCertificates "nowhere.pem": names no file (DIR/nowhere.pem does not exist)
            """),
        new(
            "UpstreamKeys",
            Configuration,
            """
            { "routes": [], "upstreams": { "my-alb.example": {}, "https://a.example/x": {}, "https://b.example": {}, "https://B.example:443": {} } }
            """,
            """
            pipeproxy.json:1:32: error: upstreams["my-alb.example"]: has no scheme; begin with https:// or http://
            pipeproxy.json:1:54: error: upstreams["https://a.example/x"]: has a path or a query; settings are kept per origin, write scheme://host[:port] alone
            pipeproxy.json:1:106: error: upstreams["https://B.example:443"]: is the same origin as another key, https://b.example; keep one
            """),
        new(
            "UpstreamSettings",
            Configuration,
            """
            { "routes": [], "upstreams": { "https://a.example": { "preset": "aws", "serverName": "a b", "pool": { "maxConnections": 1, "minIdle": 2, "maxIdle": 3 } } } }
            """,
            """
            pipeproxy.json:1:65: error: upstreams["https://a.example"].preset "aws": must be one of aws-alb
            pipeproxy.json:1:86: error: upstreams["https://a.example"].serverName "a b": is not a host name; write the name that the origin's certificate carries, such as "my-alb.example"
            pipeproxy.json:1:135: error: upstreams["https://a.example"].pool.minIdle "2": keeps more connections idle than there may be: minIdle is 2, maxConnections is 1
            pipeproxy.json:1:138: error: upstreams["https://a.example"].pool.maxIdle "3": is not a known key; did you mean "minIdle"?
            """),
        new(
            "ResolveAndHops",
            Configuration,
            """
            { "routes": [], "resolve": { "a": [], "b": ["x"], "C": ["10.0.0.1"], "c": ["10.0.0.2"] }, "forwarding": { "trustedHops": ["10.0.0.1/8", "x"], "upgrades": ["h2c"] } }
            """,
            """
            pipeproxy.json:1:35: error: resolve.a: must be a list of IP addresses in brackets, [ ... ], with at least one
            pipeproxy.json:1:45: error: resolve.b[0] "x": must be an IP address in quotes, such as "10.0.0.1" or "fd00::1"
            pipeproxy.json:1:70: error: resolve.c: is the same host as another key; keep one
            pipeproxy.json:1:137: error: forwarding.trustedHops[1] "x": is neither an address nor a network; write such as "10.0.0.1" or "10.0.0.0/8"
            pipeproxy.json:1:156: error: forwarding.upgrades[0] "h2c": cannot be upgraded to: h2c hides requests from the proxy; remove it
            """),
        new(
            "CorsPolicies",
            Configuration,
            """
            { "routes": [], "corsPolicies": [ { "name": "none", "allowedOrigins": ["*"], "allowCredentials": true }, { "allowedOrigins": [] } ] }
            """,
            """
            pipeproxy.json:1:45: error: corsPolicies[0].name "none": cannot be a policy's name; none and anything-goes are built in
            pipeproxy.json:1:98: error: corsPolicies[0].allowCredentials "true": cannot be true with the allowed origin *, which browsers refuse; list the origins
            pipeproxy.json:1:106: error: corsPolicies[1].name: is missing; routes name the policy by it
            pipeproxy.json:1:106: error: corsPolicies[1].allowedOrigins: is missing; list origins such as "https://app.example", or "*"
            """),
        new(
            "RoutePathMissing",
            Configuration,
            """
            { "routes": [ { "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:15: error: routes[0].path: is missing; write the path that the route takes, such as "/api/{*rest}"
            """),
        new(
            "RouteWithoutTarget",
            Configuration,
            """
            { "routes": [ { "path": "/" } ] }
            """,
            """
            pipeproxy.json:1:15: error: routes[0].baseUrl: is missing; write the origin's URL, or rewritePattern, or handler
            """),
        new(
            "RouteWithTwoTargets",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "https://a.example", "rewritePattern": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:15: error: routes[0]: has more than one of baseUrl, rewritePattern and handler; keep one
            """),
        new(
            "RouteWithMisplacedOption",
            Configuration,
            """
            { "routes": [ { "path": "/", "mtlsCertificate": "a", "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "https://a.example" } } } ] }
            """,
            """
            pipeproxy.json:1:49: error: routes[0].mtlsCertificate "a": stands beside handler; write it as handler.options.mtlsCertificate
            """),
        new(
            "RouteMethods",
            Configuration,
            """
            { "routes": [ { "path": "/", "methods": ["get", "TRACE"], "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:42: error: routes[0].methods[0] "get": is not a method; methods are written in upper case, such as "GET"; did you mean "GET"?
            pipeproxy.json:1:49: error: routes[0].methods[1] "TRACE": is answered 405 before any route is asked; remove it
            """),
        new(
            "RouteHost",
            Configuration,
            """
            { "routes": [ { "path": "/", "host": "https://a.example", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:38: error: routes[0].host "https://a.example": is not a host name; write it without scheme, port and wildcard, such as "a.example"
            """),
        new(
            "RouteHostBrackets",
            Configuration,
            """
            { "routes": [ { "path": "/", "host": "[fe80::1%eth0]", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:38: error: routes[0].host "[fe80::1%eth0]": has no IPv6 address in its brackets; write one without a zone, such as "[::1]"
            """),
        new(
            "RouteCorsPolicy",
            Configuration,
            """
            { "routes": [ { "path": "/", "corsPolicy": "anything-go", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:44: error: routes[0].corsPolicy "anything-go": is not a known CORS policy; known are none, anything-goes, more are defined by corsPolicies; did you mean "anything-goes"?
            """),
        new(
            "CertificateNames",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "1st" }, { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "my cert" }, { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "" },
             { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "$env(BAD_NAME)" } ] }
            """,
            """
            pipeproxy.json:1:81: error: routes[0].mtlsCertificate "1st": may not have '1' as character 1; a certificate's name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'
            pipeproxy.json:1:156: error: routes[1].mtlsCertificate "my cert": may not have a space as character 3; a certificate's name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'
            pipeproxy.json:1:235: error: routes[2].mtlsCertificate "": is empty; a certificate's name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'
            pipeproxy.json:2:68: error: routes[3].mtlsCertificate "$env(BAD_NAME)": (the value of BAD_NAME) may not have a space as character 4; a certificate's name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'
            """),
        new(
            "PlainHttpWithCertificate",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "http://a.example", "mtlsCertificate": "aws-alb-cert" } ] }
            """,
            """
            pipeproxy.json:1:41: error: routes[0].baseUrl "http://a.example": is http://, over which no certificate can be presented; write https://, or remove mtlsCertificate
            """),
        new(
            "SelectorInBaseUrl",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "$env(ALB_BACKEND_URL)/x" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "$env(ALB_BACKEND_URL)/x": has $env(ALB_BACKEND_URL), which is not filled in inside a URL; write ${env.ALB_BACKEND_URL}
            """),
        new(
            "UndefinedVariableInTemplate",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "${env.ALB_BACKEND_UR}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "${env.ALB_BACKEND_UR}": uses ${env.ALB_BACKEND_UR}, but the environment variable ALB_BACKEND_UR is not defined; set it, or name a file that does with --env-file; did you mean "ALB_BACKEND_URL"?
            """),
        new(
            "UnknownNameInTemplate",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/${pathnam}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/${pathnam}": has ${pathnam}, which is not a known name; did you mean "pathname"? (known are env.NAME, params.NAME, query.NAME, headers.get("NAME"), context.requestId, url, host, hostname, port, pathname, search, method, origin, protocol, encodeURIComponent(...) and e(...))
            """),
        new(
            "UnknownParameter",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/${params.ids}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/${params.ids}": uses ${params.ids}, but the route's path has no such parameter (it has id); did you mean "id"?
            """),
        new(
            "BadFieldName",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/${headers.get(x)}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/${headers.get(x)}": has ${headers.get(x)}; write ${headers.get("NAME")} with a field's name in quotes
            """),
        new(
            "OpenExpression",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/${method" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/${method": has ${method without its closing brace
            """),
        new(
            "DataInAuthority",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://${host}/x" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://${host}/x": takes data of the request into its host or port; only ${env.NAME} may stand there, data of the request after the first / behind the host
            """),
        new(
            "DataBehindAuthority",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example${params.id}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example${params.id}": takes data of the request into its host or port; only ${env.NAME} may stand there, data of the request after the first / behind the host
            """),
        new(
            "NoScheme",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "a.example" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "a.example": has no scheme; begin with https:// or http://
            """),
        new(
            "OtherScheme",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "ftp://a.example" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "ftp://a.example": has the scheme "ftp"; only https and http are served
            """),
        new(
            "NoHost",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https:///x" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https:///x": has no host behind the scheme
            """),
        new(
            "UserInfo",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://user:secret@a.example" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://***@a.example": has a user name before the host; credentials do not belong into a URL, remove everything up to the @
            """),
        new(
            "Fragment",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/#x" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/#x": has a fragment (#...), which is never sent to an origin; remove it
            """),
        new(
            "DotSegment",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/a/%2e%2e/b" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/a/%2e%2e/b": has the dot segment "%2e%2e" in its path; write the path that is meant
            """),
        new(
            "BadPort",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example:0" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example:0": has the port "0"; a port is a number from 1 to 65535
            """),
        new(
            "InternationalHost",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://é.example" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://é.example": has the host "é.example", which is neither a name of letters, digits, - and . (an international name in its xn-- form), nor an IPv4 address, nor an IPv6 address in brackets
            """),
        new(
            "SpaceInPath",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/a b" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/a b": has a character in its path that must be percent-encoded: write %20
            """),
        new(
            "LonePercent",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/%zz" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/%zz": has a % in its path that begins no percent-encoded octet; write %25 for a percent sign
            """),
        new(
            "SearchInside",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "https://a.example/${search}/x" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "https://a.example/${search}/x": has ${search} before its end; the query can only come last, or write ${e(search)} to insert it as data
            """),
        new(
            "EmptyUrl",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "": is empty; write a URL such as https://my-alb.example
            """),
        new(
            "VariableWithTemplate",
            Configuration,
            """
            { "routes": [ { "path": "/{id}", "baseUrl": "${env.NESTED}" } ] }
            """,
            """
            pipeproxy.json:1:45: error: routes[0].baseUrl "${env.NESTED}": uses ${env.NESTED}, whose value holds a template of its own; a variable's value is plain text
            """),
        new(
            "PathWithoutSlash",
            Configuration,
            """
            { "routes": [ { "path": "a", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "a": must begin with /
            """),
        new(
            "PathWithQuery",
            Configuration,
            """
            { "routes": [ { "path": "/a?b", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/a?b": must be a path alone: a query or fragment is not matched
            """),
        new(
            "BraceWithoutPartner",
            Configuration,
            """
            { "routes": [ { "path": "/{id", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{id": has a brace without its partner in "{id"
            """),
        new(
            "TailInside",
            Configuration,
            """
            { "routes": [ { "path": "/{*rest}/x", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{*rest}/x": has {*rest} where it cannot stand: {*rest} is the last segment, alone
            """),
        new(
            "TwoParametersInSegment",
            Configuration,
            """
            { "routes": [ { "path": "/{a}-{b}", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{a}-{b}": has more than one parameter in the segment "{a}-{b}"; one is taken
            """),
        new(
            "ParameterTwice",
            Configuration,
            """
            { "routes": [ { "path": "/{a}/{a}", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{a}/{a}": names the parameter "a" twice
            """),
        new(
            "ParameterName",
            Configuration,
            """
            { "routes": [ { "path": "/{1}", "pathMode": "open-api", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{1}": has a parameter called "1"; a name is ASCII letters, digits, _, $, - and ., not a digit first
            """),
        new(
            "PatternGroup",
            Configuration,
            """
            { "routes": [ { "path": "/{a}", "pathMode": "url-pattern", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/{a}": has a group { } in "{a}"; url-pattern groups are not supported, write one route for each form
            """),
        new(
            "PatternModifier",
            Configuration,
            """
            { "routes": [ { "path": "/:id?", "pathMode": "url-pattern", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/:id?": has the modifier ? in ":id?", which is not supported; write one route for each form
            """),
        new(
            "WildcardInside",
            Configuration,
            """
            { "routes": [ { "path": "/*/x", "pathMode": "url-pattern", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/*/x": has a wildcard in "*", which may stand only at the end of the path
            """),
        new(
            "LookAround",
            Configuration,
            """
            { "routes": [ { "path": "/:id((?=a)b)", "pathMode": "url-pattern", "baseUrl": "https://a.example" } ] }
            """,
            """
            pipeproxy.json:1:25: error: routes[0].path "/:id((?=a)b)": has the pattern ((?=a)b), which cannot be used: lookaround, back references and unbalanced parentheses are not taken
            """),
        new(
            "UndefinedSelector",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "$env(ALB_MTLS_CRT)" } ] }
            """,
            """
            pipeproxy.json:1:81: error: routes[0].mtlsCertificate "$env(ALB_MTLS_CRT)": the environment variable ALB_MTLS_CRT is not defined; set it, or name a file that does with --env-file; did you mean "ALB_MTLS_CERT"?
            """),
        new(
            "SelectorWithText",
            Configuration,
            """
            { "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "x-$env(ALB_MTLS_CERT)" } ] }
            """,
            """
            pipeproxy.json:1:81: error: routes[0].mtlsCertificate "x-$env(ALB_MTLS_CERT)": $env(ALB_MTLS_CERT) must be the whole value, with nothing before or after it
            """),
        new(
            "NotOpenApi",
            Routes,
            """
            { "swagger": "2.0" }
            """,
            """
            routes.oas.json:1:1: error: openapi: is missing; an OpenAPI document says its version, such as "3.1.0"
            routes.oas.json:1:1: error: paths: is missing; it holds the routes
            routes.oas.json:1:3: error: swagger "2.0": is not a known key
            """),
        new(
            "OldOpenApi",
            Routes,
            """
            { "openapi": "2.0", "paths": {} }
            """,
            """
            routes.oas.json:1:14: error: openapi "2.0": is not supported; must be a version 3, such as "3.1.0"
            """),
        new(
            "UnknownOperation",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "GET": {}, "x-zuplo-pth": {} } } }
            """,
            """
            routes.oas.json:1:42: error: paths["/a"].GET: is not a known key; did you mean "get"?
            routes.oas.json:1:53: error: paths["/a"].x-zuplo-pth: is not a known key; did you mean "x-zuplo-path"?
            """),
        new(
            "OperationWithoutRoute",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-rout": {} } } } }
            """,
            """
            routes.oas.json:1:49: error: paths["/a"].get: this operation has no x-zuplo-route, which says where its requests go; remove it, or run with --allow-unsupported and it takes no requests
            routes.oas.json:1:51: error: paths["/a"].get.x-zuplo-rout: is not a known key; did you mean "x-zuplo-route"?
            """),
        new(
            "RefAndTrace",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "$ref": "#/x", "trace": {} } } }
            """,
            """
            routes.oas.json:1:50: error: paths["/a"].$ref "#/x": a path that stands elsewhere is not supported; remove it, or run with --allow-unsupported and it is ignored
            routes.oas.json:1:66: error: paths["/a"].trace: TRACE is answered 405 before any route is asked; remove it, or run with --allow-unsupported and it is ignored
            """),
        new(
            "HandlerMissing",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": {} } } } }
            """,
            """
            routes.oas.json:1:68: error: paths["/a"].get.x-zuplo-route.handler: is missing; it says what becomes of the request
            """),
        new(
            "HandlerKeysMissing",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": {} } } } } }
            """,
            """
            routes.oas.json:1:81: error: paths["/a"].get.x-zuplo-route.handler.export: is missing; write one of urlForwardHandler, urlRewriteHandler, redirectHandler, or default with a module of your own
            routes.oas.json:1:81: error: paths["/a"].get.x-zuplo-route.handler.module: is missing; write "$import(@zuplo/runtime)"
            """),
        new(
            "PathMode",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "x-zuplo-path": { "pathMode": "openapi", "x": 1 } } } }
            """,
            """
            routes.oas.json:1:72: error: paths["/a"].x-zuplo-path.pathMode "openapi": must be one of open-api, url-pattern; did you mean "open-api"?
            routes.oas.json:1:83: error: paths["/a"].x-zuplo-path.x "1": is not a known key
            """),
        new(
            "UnknownModule",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtme)" } } } } } }
            """,
            """
            routes.oas.json:1:124: error: paths["/a"].get.x-zuplo-route.handler.module "$import(@zuplo/runtme)": is not a known module; write "$import(@zuplo/runtime)" for the built-in handlers, or "$import(./modules/NAME)" for a function that the host registered; did you mean "$import(@zuplo/runtime)"?
            """),
        new(
            "UnknownExport",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "urlForwardHandlr", "module": "$import(@zuplo/runtime)" } } } } } }
            """,
            """
            routes.oas.json:1:93: error: paths["/a"].get.x-zuplo-route.handler.export "urlForwardHandlr": is a handler that is not supported; supported are urlForwardHandler, urlRewriteHandler, redirectHandler; remove it, or run with --allow-unsupported and it answers 501 in its place; did you mean "urlForwardHandler"?
            """),
        new(
            "UnregisteredFunction",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "default", "module": "$import(./modules/hello)" } } } } } }
            """,
            """
            routes.oas.json:1:114: error: paths["/a"].get.x-zuplo-route.handler.module "$import(./modules/hello)": names the function "hello", which no host registered (none is registered here); functions are C#, registered by the program that embeds the proxy with MapHandler("hello", ...); remove it, or run with --allow-unsupported and it answers 501 in its place
            """),
        new(
            "OptionsMissing",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)" } } } } } }
            """,
            """
            routes.oas.json:1:81: error: paths["/a"].get.x-zuplo-route.handler.options.baseUrl: is missing; write the origin's URL, such as "https://my-alb.example"
            """),
        new(
            "FollowRedirects",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "https://a.example", "followRedirects": true } } } } } } }
            """,
            """
            routes.oas.json:1:215: error: paths["/a"].get.x-zuplo-route.handler.options.followRedirects "true": following redirects is not supported: it would carry the certificate to wherever the origin points; remove it, or run with --allow-unsupported and it is taken for false
            """),
        new(
            "UnknownOption",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseURL": "https://a.example" } } } } } } }
            """,
            """
            routes.oas.json:1:162: error: paths["/a"].get.x-zuplo-route.handler.options.baseUrl: is missing; write the origin's URL, such as "https://my-alb.example"
            routes.oas.json:1:164: error: paths["/a"].get.x-zuplo-route.handler.options.baseURL "https://a.example": is not a known key; did you mean "baseUrl"?
            """),
        new(
            "RedirectStatus",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "handler": { "export": "redirectHandler", "module": "$import(@zuplo/runtime)", "options": { "location": "//evil.example", "status": 304 } } } } } } }
            """,
            """
            routes.oas.json:1:174: error: paths["/a"].get.x-zuplo-route.handler.options.location "//evil.example": has no scheme; begin with https:// or http://, or a path that begins with one /
            routes.oas.json:1:202: error: paths["/a"].get.x-zuplo-route.handler.options.status "304": is not a redirect; must be 301, 302, 303, 307 or 308
            """),
        new(
            "Policies",
            Routes,
            """
            { "openapi": "3.1.0", "paths": { "/a": { "get": { "x-zuplo-route": { "policies": { "inbound": ["api-key"], "outbound": [{}] }, "handler": { "export": "redirectHandler", "module": "$import(@zuplo/runtime)", "options": { "location": "/x" } } } } } } }
            """,
            """
            routes.oas.json:1:96: error: paths["/a"].get.x-zuplo-route.policies.inbound[0] "api-key": inbound policies are not supported: requests would pass without what this one does; remove it, or run with --allow-unsupported and it is ignored
            routes.oas.json:1:121: error: paths["/a"].get.x-zuplo-route.policies.outbound[0]: outbound policies are not supported: requests would pass without what this one does; remove it, or run with --allow-unsupported and it is ignored
            """),
    ];

    private const string Configuration = "pipeproxy.json";
    private const string Routes = "routes.oas.json";
}

/// <summary>One file with errors.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="File">Its name.</param>
/// <param name="Text">Its text.</param>
/// <param name="Expected">The errors, one a line.</param>
internal sealed record ConfigurationErrorVector(string Name, string File, string Text, string Expected);
