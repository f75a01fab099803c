using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AlbSimulator;

var listen = new Option<string>("--listen") { DefaultValueFactory = _ => "https://127.0.0.1:8443", Description = "Address: https://IP:PORT or IP:PORT; port 0 takes a free one." };
var mode = new Option<string>("--mode") { DefaultValueFactory = _ => "verify", Description = "Mutual TLS mode." };
mode.AcceptOnlyFromAmong("verify", "passthrough", "off");
var trustStore = new Option<string?>("--trust-store") { Description = "Roots and intermediates that clients are judged against (PEM). Needed in verify mode." };
var crl = new Option<string?>("--crl") { Description = "Revocation lists (PEM)." };
var certificate = new Option<string>("--certificate") { Required = true, Description = "The server's certificate, leaf first (PEM)." };
var key = new Option<string>("--key") { Required = true, Description = "The server's private key (PEM: PKCS#8, PKCS#1 or SEC1)." };
var tls = new Option<string>("--tls") { DefaultValueFactory = _ => "both", Description = "TLS versions." };
tls.AcceptOnlyFromAmong("1.2", "1.3", "both");
var rejectStyle = new Option<string>("--reject-style")
{
    DefaultValueFactory = _ => "alert",
    Description = "How a certificate is refused. alert: in the handshake in TLS 1.2, after the client's Finished in TLS 1.3; late-alert: after the handshake in both; eof: close without an alert; reset: RST.",
};
rejectStyle.AcceptOnlyFromAmong("alert", "late-alert", "eof", "reset");
var alert = new Option<byte?>("--alert") { Description = "Alert number to send whatever the reason, e.g. 48 (RFC 8446 section 6)." };
var failWith = new Option<string?>("--fail-with") { Description = "Refuse every presented certificate for this reason code, whatever it is.", HelpName = "CODE" };
failWith.AcceptOnlyFromAmong(Enum.GetNames<RejectionReason>());
var advertiseCa = new Option<bool>("--advertise-ca") { Description = "Name the trust store's subjects in the certificate request." };
var idle = new Option<TimeSpan?>("--idle") { CustomParser = static result => Duration.Parse(result), Description = "Close a connection without a request after this time. [default: 60s]" };
var maxAge = new Option<TimeSpan?>("--max-age") { CustomParser = static result => Duration.Parse(result), Description = "Close a connection of this age after its next answer. [default: 3600s]" };
var connectionLog = new Option<string?>("--connection-log") { Description = "Append connection log lines, in the ALB's fields, to this file." };

var root = new RootCommand("""
    Plays an Application Load Balancer with mutual TLS, and the target behind it.

    Every answer echoes the request as JSON. The X-Amzn-Mtls-Clientcert-* fields, which an ALB adds to the request for its target, are in the
    echo ("fields") and, so that a client can see them, in the answer's fields too; "received" holds the fields as they came.
      /status/403   answers with that status          /bytes/1000     1000 bytes with a Content-Length
      anything else echoes the request                /chunked/1000   1000 bytes in chunks

    Examples:
      dotnet run --project tools/CertificateAuthority -- demo-set --out certs
      dotnet run --project tools/AlbSimulator -- --trust-store certs/root-cert.pem --certificate certs/server-cert.pem --key certs/server-key.pem
      curl --cacert certs/root-cert.pem --cert certs/client-rsa-cert.pem --key certs/client-rsa-key.pem https://localhost:8443/hello

      # refuse by closing the connection, TLS 1.2 only, and write the connection log
      dotnet run --project tools/AlbSimulator -- --listen https://127.0.0.1:9443 --tls 1.2 --reject-style eof --connection-log connections.log \
        --trust-store certs/root-cert.pem --certificate certs/server-cert.pem --key certs/server-key.pem

      # refuse whoever comes, for a reason that has no rule to break
      dotnet run --project tools/AlbSimulator -- --fail-with ClientCertRejected \
        --trust-store certs/root-cert.pem --certificate certs/server-cert.pem --key certs/server-key.pem
    """)
{
    listen, mode, trustStore, crl, certificate, key, tls, rejectStyle, alert, failWith, advertiseCa, idle, maxAge, connectionLog,
};

root.SetAction(async parsed =>
{
    if (!ListenAddress.TryParse(parsed.GetRequiredValue(listen), out var endPoint))
    {
        Console.Error.WriteLine($"--listen {parsed.GetRequiredValue(listen)}: write https://IP:PORT, for example https://127.0.0.1:8443");
        return 2;
    }

    if (parsed.GetRequiredValue(mode) == "verify" && parsed.GetValue(trustStore) is null)
    {
        Console.Error.WriteLine("--trust-store is needed in verify mode");
        return 2;
    }

    LoadBalancer loadBalancer;
    try
    {
        loadBalancer = LoadBalancer.Start(new LoadBalancerOptions
        {
            Listen = endPoint,
            Mode = Enum.Parse<MutualTlsMode>(parsed.GetRequiredValue(mode), ignoreCase: true),
            CertificatePem = File.ReadAllText(parsed.GetRequiredValue(certificate)),
            PrivateKeyPem = File.ReadAllText(parsed.GetRequiredValue(key)),
            TrustStorePem = parsed.GetValue(trustStore) is { } trustFile ? File.ReadAllText(trustFile) : null,
            CrlPem = parsed.GetValue(crl) is { } crlFile ? File.ReadAllText(crlFile) : null,
            Tls = parsed.GetRequiredValue(tls) switch { "1.2" => TlsVersions.Tls12, "1.3" => TlsVersions.Tls13, _ => TlsVersions.Both },
            RejectStyle = Enum.Parse<RejectStyle>(parsed.GetRequiredValue(rejectStyle).Replace("-", ""), ignoreCase: true),
            Alert = parsed.GetValue(alert),
            FailWith = parsed.GetValue(failWith) is { } code ? Enum.Parse<RejectionReason>(code) : null,
            AdvertiseCa = parsed.GetValue(advertiseCa),
            Idle = parsed.GetValue(idle) ?? TimeSpan.FromSeconds(60),
            MaxAge = parsed.GetValue(maxAge) ?? TimeSpan.FromHours(1),
            ConnectionLog = parsed.GetValue(connectionLog),
        });
    }
    catch (Exception e) when (e is IOException or SocketException or ArgumentException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
    {
        Console.Error.WriteLine($"cannot start: {e.Message}");
        return 1;
    }

    await using (loadBalancer.ConfigureAwait(false))
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ended.TrySetResult();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        Console.WriteLine($"listening on {loadBalancer.Url}");
        await ended.Task.ConfigureAwait(false);
    }

    return 0;
});

// A value that begins with @ is that value, and no file with more arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

// The command ends itself on signals, with exit code 0.
int exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
return parsed.Errors.Count > 0 ? 2 : exitCode;
