using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.FailureMatrix;

/// <summary>A section of the troubleshooting page: one failure, played by the simulator unless <see cref="Elsewhere"/> says where else.</summary>
internal sealed record Section(string Title)
{
    /// <summary>What one sees, and how it comes.</summary>
    public required string Cause { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remedy { get; init; }

    /// <summary>The client's certificate; null for none.</summary>
    public Func<World, IssuedCertificate?> Certificate { get; init; } = static world => world.Good;

    /// <summary>Changes to a simulator in verify mode that nothing is wrong with.</summary>
    public Func<World, LoadBalancerOptions, LoadBalancerOptions> Options { get; init; } = static (_, options) => options;

    /// <summary>The path that is asked for.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The URL of something that is not the simulator.</summary>
    public Func<World, string>? Elsewhere { get; init; }

    /// <summary>Bounds the waits where they are what is shown.</summary>
    public TimeSpan? Handshake { get; init; }

    /// <summary>All of them, in the order of the page.</summary>
    public static IReadOnlyList<Section> All { get; } =
    [
        new("It works")
        {
            Cause = "How it looks when nothing is wrong: each step with its time, what was asked for, presented and trusted.",
            Remedy = "Nothing. Use the URL as a route's `baseUrl`.",
        },
        new("No certificate is presented")
        {
            Certificate = static _ => null,
            Cause = "The origin demands a client certificate and got none. In a route this is a missing `mtlsCertificate`; an ALB logs it as `UnmappedConnectionError`.",
            Remedy = "Name the certificate: `--mtls-certificate NAME` here, `mtlsCertificate` on the route.",
        },
        new("ClientCertUntrusted")
        {
            Certificate = static world => world.Stranger,
            Cause = "No path leads from the certificate to the origin's trust store: the authority is not in it, or an intermediate was not sent.",
            Remedy = "Put the root into the trust store. If an intermediate issued the certificate, upload it behind the leaf in the same file: PipeProxy sends the chain.",
        },
        new("ClientCertUntrusted, with the authorities that are advertised")
        {
            Certificate = static world => world.Stranger,
            Options = static (_, options) => options with { AdvertiseCa = true },
            Cause = "As before, and the origin says which authorities it accepts (an ALB: *advertise trust store CA subject names*).",
            Remedy = "Compare the two names. An origin that advertises nothing may accept any.",
        },
        new("ClientCertExpired")
        {
            Certificate = static world => world.Issue(LeafOptions.Expired("expired")),
            Cause = "The certificate has ended. `pipeproxy run` does not present it and answers 522 itself; the log tells 30, 7 and 1 days ahead.",
            Remedy = "`pipeproxy mtls-certificate update` with the new pair; nothing has to be restarted.",
        },
        new("ClientCertNotYetValid")
        {
            Certificate = static world => world.Issue(LeafOptions.NotYetValid("early")),
            Cause = "The certificate begins in the future, or a clock is wrong.",
            Remedy = "Wait, or set the clock.",
        },
        new("ClientCertPurposeInvalid")
        {
            Certificate = static world => world.Issue(LeafOptions.WrongPurpose("wrong-purpose")),
            Cause = "The certificate's extended key usage does not say clientAuth: often a server's certificate is tried as a client's.",
            Remedy = "Have it issued with `extendedKeyUsage = clientAuth`. `pipeproxy mtls-certificate lint` finds it before the origin does.",
        },
        new("ClientCertCrlHit")
        {
            Certificate = static world => world.Revoked,
            Cause = "A revocation list of the origin names the certificate.",
            Remedy = "Have a new one issued. There is no way around a revocation.",
        },
        new("ClientCertCrlProcessingError")
        {
            Options = static (_, options) => options with { FailWith = RejectionReason.ClientCertCrlProcessingError },
            Cause = "The origin's revocation list has run out or is not signed by the authority. The alert tells no more than that the certificate was refused, so the reason is in the ALB's connection log only.",
            Remedy = "Have the owner of the trust store upload a current list.",
        },
        new("ClientCertMaxChainDepthExceeded")
        {
            Certificate = static world => world.Deep,
            Cause = "More than four certificates lie between root and leaf, the leaf included.",
            Remedy = "Have the certificate issued nearer to the root, or put a nearer authority into the trust store.",
        },
        new("ClientCertMaxSizeExceeded")
        {
            Certificate = static world => world.Issue(LeafOptions.Client("huge") with { DnsNames = [.. Enumerable.Range(0, 1500).Select(static i => $"a-name-that-is-one-of-very-many-{i:0000}.example")] }),
            Cause = "The certificates together are larger than an ALB takes in one TLS message, 64 KiB.",
            Remedy = "Have them issued with fewer names or extensions.",
        },
        new("ClientCertTypeUnsupported")
        {
            Certificate = static world => world.Issue(LeafOptions.Client("old") with { Version1 = true }),
            Cause = "X.509 before version 3, or a key or signature that an ALB does not take: RSA 2048 to 8192, P-256, P-384, P-521, with SHA-256 or better.",
            Remedy = "Have it issued again with such a key. `pipeproxy mtls-certificate create` refuses it before the origin does.",
        },
        new("ClientCertInvalid")
        {
            Options = static (_, options) => options with { FailWith = RejectionReason.ClientCertInvalid },
            Cause = "The origin cannot read the certificate, or the proof of its key does not hold; the alert does not tell which.",
            Remedy = "Read the ALB's connection log. Look whether something between the two changes what is sent.",
        },
        new("ClientCertRejected")
        {
            Options = static (_, options) => options with { FailWith = RejectionReason.ClientCertRejected },
            Cause = "The certificate is known and valid, and a rule of the origin's own refuses it.",
            Remedy = "Ask whoever runs the origin for access for this subject.",
        },
        new("ClientCertIncompatible")
        {
            Options = static (_, options) => options with { FailWith = RejectionReason.ClientCertIncompatible },
            Cause = "Key type or signature of the certificate do not go with the listener's security policy.",
            Remedy = "Look at the listener's security policy; an ECDSA and an RSA certificate differ here.",
        },
        new("Refused by closing the connection")
        {
            Certificate = static world => world.Stranger,
            Options = static (_, options) => options with { RejectStyle = RejectStyle.Eof },
            Cause = "Some servers (Node.js, anything on .NET under Linux) refuse a certificate without an alert. What is wrong is then read from the certificate, or guessed, and the sentence says so.",
            Remedy = "Read the origin's log at that time.",
        },
        new("Refused by a reset")
        {
            Certificate = static world => world.Issue(LeafOptions.WrongPurpose("wrong-purpose")),
            Options = static (_, options) => options with { RejectStyle = RejectStyle.Reset },
            Cause = "As before, by RST. A firewall between the two looks the same.",
            Remedy = "Read the origin's log at that time.",
        },
        new("No certificate appears to be sent")
        {
            Options = static (_, options) => options with { Mode = MutualTlsMode.Off },
            Cause = "The origin never asks for one, so none is sent: mutual TLS is off on that listener, or the name leads to another listener.",
            Remedy = "Set the listener's mutual authentication to *verify with trust store*, and check name and port.",
        },
        new("403 in verify mode")
        {
            Path = "/status/403",
            Cause = "TLS went well, the certificate was taken, and something behind it says no.",
            Remedy = "Look at AWS WAF and the listener's rules, then at the target.",
        },
        new("403 in passthrough mode")
        {
            Path = "/status/403",
            Options = static (_, options) => options with { Mode = MutualTlsMode.Passthrough },
            Cause = "The ALB hands the certificate to the target without looking at it; the target refuses.",
            Remedy = "Look at what the target does with `X-Amzn-Mtls-Clientcert`, or use verify mode.",
        },
        new("The origin's own certificate is not trusted")
        {
            Options = static (world, options) => options with { CertificatePem = world.StrangeServer.ChainPem, PrivateKeyPem = world.StrangeServer.PrivateKeyPkcs8Pem },
            Cause = "We do not trust the origin. Not a byte of a request was sent.",
            Remedy = "Name the origin's root with `--trusted-ca`, or `trustedCertificates` in the configuration. An origin that leaves its intermediate out has to be mended there.",
        },
        new("The origin's own certificate is for another name")
        {
            Options = static (world, options) => options with { CertificatePem = world.OtherServer.ChainPem, PrivateKeyPem = world.OtherServer.PrivateKeyPkcs8Pem },
            Cause = "The name that was asked for is not in the origin's certificate.",
            Remedy = "Use the name that the certificate carries, or set `serverName` of the upstream (`--server-name`).",
        },
        new("Nobody listens there")
        {
            Elsewhere = static world => $"https://localhost:{world.ClosedPort}",
            Cause = "The host is there and nobody listens on that port.",
            Remedy = "Check the port and whether the origin runs. A security group drops instead, which is a timeout.",
        },
        new("Nobody answers there")
        {
            Elsewhere = static world => $"https://localhost:{world.SilentPort}",
            Handshake = TimeSpan.FromMilliseconds(500),
            Cause = "The connection stands and TLS gets no answer.",
            Remedy = "The origin hangs or is overloaded, or something between the two swallows what is sent.",
        },
    ];
}
