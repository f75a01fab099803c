using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tls;

/// <summary>What we found wrong with an origin's certificate, in words. One per handshake.</summary>
internal sealed class OriginVerdict(string serverName)
{
    /// <summary>What is wrong, one sentence; null while nothing is.</summary>
    internal string? Detail { get; private set => field = value is null ? null : OneLine.Of(value); }

    /// <summary>What to do about it.</summary>
    internal string? Next { get; private set; }

    /// <summary>Whether it was accepted; null while it has not come to that.</summary>
    internal bool? Trusted { get; private set; }

    /// <summary>The chain as it was built, by its names, leaf first; null while it has not been found wrong.</summary>
    internal IReadOnlyList<ChainCertificate>? Chain { get; private set; }

    /// <summary>SslStream's callback. It has judged already; this only keeps the reasons.</summary>
    internal bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Trusted = errors == SslPolicyErrors.None;
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        Chain = chain is { ChainElements.Count: > 0 } ? [.. chain.ChainElements.Select(static element => TlsPeer.NamesOf(element.Certificate))]
            : certificate is X509Certificate2 only ? [TlsPeer.NamesOf(only)]
            : [];

        if (certificate is not X509Certificate2 leaf)
        {
            Detail = "The origin presented no certificate.";
            Next = "Give the origin a server certificate.";
        }
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            JudgeChain(leaf, chain);
        }
        else
        {
            Detail = $"The origin's certificate is for {NamesOf(leaf)}, not for {serverName}.";
            Next = $"Set the origin's serverName to a name in its certificate, or give the origin a certificate for {serverName}.";
        }

        return false;
    }

    private static string NamesOf(X509Certificate2 leaf)
    {
        var names = new List<string>();
        foreach (var extension in leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(static address => address.ToString()));
        }

        return names.Count == 0 ? $"no host name at all ({leaf.Subject})" : string.Join(", ", names);
    }

    private void JudgeChain(X509Certificate2 leaf, X509Chain? chain)
    {
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            if (element.ChainElementStatus.Any(static status => status.Status == X509ChainStatusFlags.NotTimeValid))
            {
                var certificate = element.Certificate;
                Detail = $"The origin's certificate {(certificate.Equals(leaf) ? "" : "chain holds one that ")}is not valid now: {certificate.Subject} is valid from {Date(certificate.NotBefore)} to {Date(certificate.NotAfter)}.";
                Next = "Renew the origin's certificate, or set this host's clock.";
                return;
            }
        }

        var flags = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status) ?? X509ChainStatusFlags.PartialChain;
        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            Detail = $"The origin's certificate {leaf.Subject} was issued by {leaf.Issuer}, and no trusted root leads to it.";
            Next = "Name the CA that issued it with --trusted-ca (trustedCertificates), or let the origin send its intermediate certificates.";
        }
        else if (flags.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            Detail = $"The origin's certificate {leaf.Subject} is not meant for a server (extended key usage without serverAuth).";
            Next = "Give the origin a certificate with the extended key usage serverAuth.";
        }
        else
        {
            Detail = $"The origin's certificate {leaf.Subject} was not accepted: {flags}.";
            Next = "Look at the certificate with openssl x509 -text.";
        }
    }

    private static string Date(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
