using PipeProxy.Certificates;
using PipeProxy.Testing;

namespace PipeProxy.FailureMatrix;

/// <summary>What a cell should show.</summary>
/// <param name="Status">What the proxy's client gets.</param>
/// <param name="ProxyStatus">Error and alert of the Proxy-Status field; <c>-</c> when the answer is the origin's.</param>
/// <param name="Code">The diagnosis's code of the cause.</param>
internal sealed record Expected(int Status, string ProxyStatus, string Code);

/// <summary>One thing that goes wrong between proxy and origin, and what must come of it at each server.</summary>
internal sealed record Failure
{
    private const string Name = TestProxy.CertificateName;

    /// <summary>Heading.</summary>
    public required string Title { get; init; }

    /// <summary>What is presented; null for nothing.</summary>
    public Func<ClientCertificate?> Certificate { get; init; } = static () => TestProxy.Named(Name, TestCertificates.Client);

    /// <summary>What the server presents.</summary>
    public Func<TestCertificate> ServerCertificate { get; init; } = static () => TestCertificates.Server;

    /// <summary>The server has a revocation list. Not for the others: nginx, HAProxy and Node.js then want one of every authority of a chain.</summary>
    public bool Revokes { get; init; }

    /// <summary>What is asked for.</summary>
    public string Path { get; init; } = "/ok";

    /// <summary>The oracle: made from the protocols and from what the servers document, not from runs.</summary>
    public required Func<ServerKind, bool, Expected> Expect { get; init; }

    /// <summary>Why some servers differ, for the page.</summary>
    public string Why { get; init; } = "";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Failure> All { get; } =
    [
        new()
        {
            Title = "Nothing is wrong",
            Expect = static (_, _) => new(200, "-", "accepted"),
        },
        new()
        {
            Title = "No certificate is presented",
            Certificate = static () => null,
            Expect = static (kind, tls13) => kind switch
            {
                ServerKind.Nginx => new(400, "-", "certificate_required"),
                _ => Alert(tls13 ? 116 : 40, "certificate_required"),
            },
            Why = "nginx's `ssl_verify_client on` finishes TLS and answers 400, which passes through.",
        },
        Refused("Unknown authority", static () => TestCertificates.UnknownClient, 48),
        Unusable("Expired", static () => TestCertificates.ExpiredClient),
        Unusable("Not yet valid", static () => TestCertificates.NotYetValidClient),
        Refused("Extended key usage without clientAuth", static () => TestCertificates.WrongUsageClient, 43),
        Refused("Revoked", static () => TestCertificates.RevokedClient, 44) with { Revokes = true },
        new()
        {
            Title = "More than four certificates below the root",
            Certificate = static () => TestProxy.Named(Name, TestCertificates.DeepClient),
            Expect = static (kind, _) => kind switch
            {
                ServerKind.Nginx => new(400, "-", "certificate_refused_in_http"),
                ServerKind.Haproxy or ServerKind.Node => new(200, "-", "accepted"),
                _ => Alert(48, "certificate_refused"),
            },
            Why = "nginx (`ssl_verify_depth 4`) and openssl (`-verify_depth 4`) are set to an ALB's depth; HAProxy and Node.js have no such setting and follow up to 100.",
        },
        new()
        {
            Title = "The intermediate is not sent",
            Certificate = static () => ClientCertificate.FromPem(Name, TestCertificates.Client.Certificate.ExportCertificatePem(), TestCertificates.Client.KeyPem),
            Expect = static (kind, _) => RefusedAt(kind, 48),
            Why = NginxAndNode,
        },
        Distrusted("The origin's certificate is of an authority that is not trusted", static () => TestCertificates.OtherRootServer),
        Distrusted("The origin's certificate has expired", static () => TestCertificates.ExpiredServer),
        Distrusted("The origin's certificate is for another name", static () => TestCertificates.WrongHostServer),
        new()
        {
            Title = "403",
            Path = "/status/403",
            Expect = static (_, _) => new(403, "-", "forbidden"),
        },
    ];

    private const string NginxAndNode = "nginx's `ssl_verify_client on` finishes TLS and answers 400, which passes through; the log says what it means. Node.js finishes TLS and closes without an alert, so the cause is read from the certificate or guessed.";

    private static Failure Refused(string title, Func<TestCertificate> certificate, int alert) => new()
    {
        Title = title,
        Certificate = () => TestProxy.Named(Name, certificate()),
        Expect = (kind, _) => RefusedAt(kind, alert),
        Why = NginxAndNode,
    };

    // The proxy does not even try. A diagnosis does, to see what the origin says.
    private static Failure Unusable(string title, Func<TestCertificate> certificate) => new()
    {
        Title = title,
        Certificate = () => TestProxy.Named(Name, certificate()),
        Expect = static (kind, _) => new(522, "proxy_configuration_error", kind == ServerKind.Nginx ? "certificate_refused_in_http" : "certificate_refused"),
        Why = "The proxy never presents such a certificate and answers 522 itself; `diagnose` presents it all the same.",
    };

    private static Failure Distrusted(string title, Func<TestCertificate> certificate) => new()
    {
        Title = title,
        ServerCertificate = certificate,
        Expect = static (_, _) => new(522, "tls_certificate_error", "tls_certificate_error"),
    };

    private static Expected RefusedAt(ServerKind kind, int alert) => kind switch
    {
        ServerKind.Nginx => new(400, "-", "certificate_refused_in_http"),
        ServerKind.Node => Cut("certificate_refused"),
        _ => Alert(alert, "certificate_refused"),
    };

    private static Expected Alert(int alert, string code) => new(522, $"tls_alert_received; alert-id={alert}", code);

    private static Expected Cut(string code) => new(522, "connection_terminated", code);
}
