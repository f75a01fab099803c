using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Tls;

namespace PipeProxy.Connections;

/// <summary>A client's certificate as the field lines of RFC 9440. Made once per connection.</summary>
internal static class ClientCertificateFields
{
    /// <summary>The lines, each with its CRLF; empty when the client showed no certificate or nothing is to be told.</summary>
    public static byte[] Of(ClientVerdict? client, ClientCertificateForwarding forwarding)
    {
        if (client is null || client.Certificate.IsEmpty || forwarding == ClientCertificateForwarding.None)
        {
            return [];
        }

        // A byte sequence (RFC 8941 section 3.3.5) is base64 between colons; the chain is a list of them, in the order of TLS, without the root (RFC 9440 section 2.3).
        var lines = new StringBuilder("Client-Cert: ").Append(Encode(client.Certificate)).Append("\r\n");
        if (forwarding == ClientCertificateForwarding.Chain && client.Intermediates.Count > 0)
        {
            lines.Append("Client-Cert-Chain: ").AppendJoin(", ", client.Intermediates.Select(Encode)).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(lines.ToString());
    }

    private static string Encode(ReadOnlyMemory<byte> certificate) => $":{Convert.ToBase64String(certificate.Span)}:";
}
