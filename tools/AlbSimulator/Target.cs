using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AlbSimulator;

/// <summary>Plays the target behind the load balancer: says back what it was sent, or what the path asks for.</summary>
/// <remarks>
/// <c>/status/NNN</c> answers with that status, <c>/bytes/N</c> with N bytes and a Content-Length, <c>/chunked/N</c> with N bytes in chunks, every
/// other path with the echo of the request. The fields about the client's certificate, which a real ALB gives to its target only, are in the
/// echo and also in every answer's fields, so that a client can see them.
/// </remarks>
internal sealed class Target(Action<byte[], int> send)
{
    private const int ChunkBytes = 8 * 1024;

    private static readonly JsonWriterOptions Json = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void SendContinue() => Send("HTTP/1.1 100 Continue\r\n\r\n"u8);

    public void Answer(HttpRequest request, IReadOnlyList<(string Name, string Value)> certificateFields, string connectionId, long requestNumber, bool close)
    {
        string path = request.Target.Split('?')[0];
        if (TryNumber(path, "/bytes/", out long length))
        {
            SendHead(request, 200, certificateFields, close, "application/octet-stream", $"Content-Length: {length}");
            SendFiller(request, length, chunked: false);
        }
        else if (TryNumber(path, "/chunked/", out length))
        {
            // RFC 9112 section 7: an HTTP/1.0 client knows no chunks; the end of the connection ends the body.
            bool chunked = request.MinorVersion >= 1;
            SendHead(request, 200, certificateFields, close, "application/octet-stream", chunked ? "Transfer-Encoding: chunked" : null);
            SendFiller(request, length, chunked);
        }
        else
        {
            int status = TryNumber(path, "/status/", out long asked) && asked is >= 200 and <= 599 ? (int)asked : 200;
            SendEcho(request, status, certificateFields, connectionId, requestNumber, close);
        }
    }

    /// <summary>An answer of the load balancer itself, after which the connection is closed.</summary>
    public void Refuse(int status, string message)
    {
        byte[] body = Encoding.ASCII.GetBytes(message + "\n");
        byte[] head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {StatusReason.Of(status)}\r\nServer: awselb/2.0\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        Send([.. head, .. body]);
    }

    /// <summary>Whether the answer to this request can only end with the connection.</summary>
    public static bool EndsWithConnection(HttpRequest request) =>
        request.MinorVersion == 0 && TryNumber(request.Target.Split('?')[0], "/chunked/", out _);

    private void SendEcho(
        HttpRequest request, int status, IReadOnlyList<(string Name, string Value)> certificateFields, string connectionId, long requestNumber, bool close)
    {
        if (status is 204 or 304)
        {
            SendHead(request, status, certificateFields, close, contentType: null, framing: null);
            return;
        }

        byte[] body = EchoOf(request, certificateFields, connectionId, requestNumber);
        byte[] head = Head(request, status, certificateFields, close, "application/json", $"Content-Length: {body.Length}");
        Send(request.Method == "HEAD" ? head : [.. head, .. body]);
    }

    private static byte[] EchoOf(HttpRequest request, IReadOnlyList<(string Name, string Value)> certificateFields, string connectionId, long requestNumber)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteString("method", request.Method);
            json.WriteString("target", request.Target);
            json.WriteString("version", $"HTTP/1.{request.MinorVersion}");

            // An ALB replaces what a client claims about its certificate.
            var seen = request.Fields.Where(field => !field.Name.StartsWith(CertificateFields.Prefix, StringComparison.OrdinalIgnoreCase));
            WriteFields(json, "fields", seen.Concat(certificateFields));
            WriteFields(json, "received", request.Fields);
            json.WriteNumber("bodyLength", request.BodyLength);
            json.WriteString("bodySha256", request.BodySha256);
            json.WriteString("connectionId", connectionId);
            json.WriteNumber("requestNumber", requestNumber);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.ToArray();
    }

    private static void WriteFields(Utf8JsonWriter json, string name, IEnumerable<(string Name, string Value)> fields)
    {
        json.WriteStartArray(name);
        foreach (var (fieldName, value) in fields)
        {
            // One line per field, for the eye: the writer puts none before a raw value.
            json.WriteRawValue($"\n    [\"{Escape(fieldName)}\", \"{Escape(value)}\"]");
        }

        json.WriteEndArray();
    }

    private static string Escape(string text) => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text);

    private void SendFiller(HttpRequest request, long length, bool chunked)
    {
        if (request.Method == "HEAD")
        {
            return;
        }

        byte[] filler = new byte[ChunkBytes];
        Array.Fill(filler, (byte)'x');
        for (long left = length; left > 0;)
        {
            int take = (int)Math.Min(left, ChunkBytes);
            byte[] piece = filler[..take];
            Send(chunked ? [.. Encoding.ASCII.GetBytes($"{take:x}\r\n"), .. piece, .. "\r\n"u8] : piece);
            left -= take;
        }

        if (chunked)
        {
            Send("0\r\n\r\n"u8);
        }
    }

    private void SendHead(
        HttpRequest request, int status, IReadOnlyList<(string Name, string Value)> certificateFields, bool close, string? contentType, string? framing) =>
        Send(Head(request, status, certificateFields, close, contentType, framing));

    private static byte[] Head(
        HttpRequest request, int status, IReadOnlyList<(string Name, string Value)> certificateFields, bool close, string? contentType, string? framing)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {StatusReason.Of(status)}\r\nDate: {DateTime.UtcNow:R}\r\n");
        if (contentType is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {contentType}\r\n");
        }

        if (framing is not null)
        {
            head.Append(CultureInfo.InvariantCulture, $"{framing}\r\n");
        }

        foreach (var (name, value) in certificateFields)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (close)
        {
            head.Append("Connection: close\r\n");
        }
        else if (request.MinorVersion == 0)
        {
            head.Append("Connection: keep-alive\r\n");
        }

        return Encoding.UTF8.GetBytes(head.Append("\r\n").ToString());
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        send(copy, copy.Length);
    }

    private static bool TryNumber(string path, string prefix, out long number)
    {
        number = 0;
        return path.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(path.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
