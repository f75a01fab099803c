using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tls;

/// <summary>Which certificate a client showed, and what was wrong with it. One per handshake.</summary>
/// <remarks>
/// The handshake ends well either way, as nginx has it: SslStream on OpenSSL sends no alert when it refuses, so a client would only see the connection close. The refusal is its HTTP answer.
/// </remarks>
internal sealed class ClientVerdict(ClientCertificateMode mode)
{
    private const string Next = "Present a client certificate that this listener trusts, with its intermediates and key (curl: --cert, --key).";

    /// <summary>Why the client is not served; null when it is. Where a certificate is required, that none came until one has been found good.</summary>
    internal Failure? Refusal { get; private set; } = mode == ClientCertificateMode.Optional ? null : Refused("This listener requires a client certificate, and none was presented.");

    /// <summary>The trusted certificate, DER; empty when there is none.</summary>
    internal ReadOnlyMemory<byte> Certificate { get; private set; }

    /// <summary>What lies between it and its root, the issuer of the certificate first, DER.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Intermediates { get; private set; } = [];

    /// <summary>SslStream's callback. Always lets the handshake end.</summary>
    internal bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf)
        {
            return true;
        }

        if (errors == SslPolicyErrors.None && chain is not null)
        {
            Refusal = null;
            Certificate = leaf.RawDataMemory.ToArray();
            Intermediates = [.. chain.ChainElements.Skip(1).SkipLast(1).Select(static element => (ReadOnlyMemory<byte>)element.Certificate.RawDataMemory.ToArray())];
        }
        else
        {
            Refusal = Refused(Describe(leaf, chain));
        }

        return true;
    }

    private static Failure Refused(string detail) => new(Outcome.ClientCertificateRefused, detail, Next);

    private static string Describe(X509Certificate2 leaf, X509Chain? chain)
    {
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            if (element.ChainElementStatus.Any(static status => status.Status == X509ChainStatusFlags.NotTimeValid))
            {
                return $"The client certificate {leaf.Subject} is not trusted: {element.Certificate.Subject} is valid from {Date(element.Certificate.NotBefore)} to {Date(element.Certificate.NotAfter)}.";
            }
        }

        var flags = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status) ?? X509ChainStatusFlags.PartialChain;
        return (flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0
            ? $"The client certificate {leaf.Subject} was issued by {leaf.Issuer}, and no root that this listener trusts leads to it."
            : flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"The client certificate {leaf.Subject} is not meant for a client (extended key usage without clientAuth)."
            : $"The client certificate {leaf.Subject} was not accepted: {flags}.";
    }

    private static string Date(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
