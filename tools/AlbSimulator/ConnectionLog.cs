using System.Globalization;
using System.Net;
using Org.BouncyCastle.X509;

namespace AlbSimulator;

/// <summary>One line per connection, in the fields and order of an ALB's connection log.</summary>
/// <remarks>
/// timestamp client_ip client_port listener_port tls_protocol tls_cipher tls_handshake_latency leaf_client_cert_subject
/// leaf_client_cert_validity leaf_client_cert_serial_number tls_verify_status conn_trace_id. Safe from several threads; a line is on disk
/// before the call returns.
/// </remarks>
internal sealed class ConnectionLog : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly Lock _lock = new();

    public ConnectionLog(string path)
    {
        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true, NewLine = "\n" };
    }

    public void Write(IPEndPoint client, int listenerPort, ListenerTls tls, TimeSpan handshake, RejectionReason? failure, string traceId)
    {
        X509Certificate? leaf = tls.ClientChain.Count > 0 ? tls.ClientChain[0] : null;
        string subject = leaf is null ? "-" : CertificateFields.NameOf(leaf.SubjectDN);
        string validity = leaf is null ? "-" : CertificateFields.ValidityOf(leaf);
        string serialNumber = leaf is null ? "-" : CertificateFields.SerialNumberOf(leaf);
        string status = failure is null ? "Success" : $"\"Failed:{failure}\"";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.ffffffZ} {client.Address} {client.Port} {listenerPort} {tls.ProtocolName} {tls.CipherName} {handshake.TotalSeconds:F3} \"{subject}\" {validity} {serialNumber} {status} {traceId}");
        lock (_lock)
        {
            _writer.WriteLine(line);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _writer.Dispose();
        }
    }
}
