using System.Buffers;
using System.CommandLine;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>The options that say what is asked for, and under which TLS and certificates.</summary>
internal sealed class RequestOptions
{
    // RFC 9110 section 5.6.2. Section 5.5: a value holds visible characters, spaces, tabs, and bytes above 0x7F.
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7F).Select(static code => (char)code).Where(static c => c != '\t')]);

    private readonly Option<string?> _method = new("--method", "-X") { Description = "Default GET, or POST with a body.", HelpName = "METHOD" };
    private readonly Option<string[]> _headers = new("--header", "-H") { Description = "A field, 'Name: value'. Repeatable.", HelpName = "FIELD" };
    private readonly Option<string?> _body = new("--body") { Description = "The request's body.", HelpName = "TEXT" };
    private readonly Option<string?> _bodyFile = FileNames.One("--body-file", "A file with the request's body, or - for standard input.");
    private readonly Option<int?> _bodySize = Amounts.Size("--body-size", "A body of so many bytes, such as 10KiB.");
    private readonly Option<bool> _chunked = new("--chunked") { Description = "The body goes out in the chunked coding." };
    private readonly Option<string[]> _certificates = FileNames.Some("--cert", "Client certificate, PEM, leaf first. Repeatable: each connection presents one of them.");
    private readonly Option<string[]> _keys = FileNames.Some("--key", "Its private key, PEM; one for each --cert, in the same order. Default: in the certificate's file.");
    private readonly Option<bool> _rotate = new("--rotate-certs") { Description = "Every new connection presents the next certificate, instead of each connection keeping its own." };
    private readonly Option<string?> _trusted = FileNames.One("--trusted-ca", "Roots that replace the system's, PEM.");
    private readonly Option<bool> _insecure = new("--insecure", "-k") { Description = "Accept any server certificate." };
    private readonly Option<string?> _tls = Choice.Of("--tls", "1.2 or 1.3 only.", "VERSION", "1.2", "1.3");
    private readonly Option<string?> _serverName = new("--server-name") { Description = "Sent as SNI and expected in the server's certificate. Default: the URL's host.", HelpName = "NAME" };
    private readonly Option<bool> _resume = new("--tls-resume") { Description = "Resume TLS sessions. Default: every connection is a full handshake." };

    internal IEnumerable<Option> All =>
    [
        _method, _headers, _body, _bodyFile, _bodySize, _chunked, .. ForTls,
    ];

    private IEnumerable<Option> ForTls => [_certificates, _keys, _rotate, _trusted, _insecure, _tls, _serverName, _resume];

    /// <summary>Warns of what takes no effect on these targets. No error, because one set of options may be for many targets.</summary>
    internal void Warn(ParseResult parsed, IEnumerable<Target> targets)
    {
        var forTls = ForTls.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(static option => option.Name).ToArray();
        if (forTls.Length > 0 && !targets.Any(static target => target.IsTls))
        {
            parsed.InvocationConfiguration.Error.WriteLine($"warning: {string.Join(", ", forTls)} takes no effect: no target is https://.");
        }
    }

    /// <summary>What single options cannot say. After parsing, because an option that was refused has no value to look at.</summary>
    internal void Check(ParseResult parsed, List<string> wrong)
    {
        var bodies = new[] { parsed.GetValue(_body) is not null, parsed.GetValue(_bodyFile) is not null, parsed.GetValue(_bodySize) is not null }.Count(static given => given);
        if (bodies > 1)
        {
            wrong.Add("--body, --body-file and --body-size exclude each other.");
        }
        else if (bodies == 0 && parsed.GetValue(_chunked))
        {
            wrong.Add("--chunked needs a body: --body, --body-file or --body-size.");
        }

        var certificates = parsed.GetValue(_certificates) ?? [];
        var keys = parsed.GetValue(_keys) ?? [];
        if (keys.Length > 0 && keys.Length != certificates.Length)
        {
            wrong.Add($"--key must stand once for each --cert (currently {keys.Length} for {certificates.Length}).");
        }

        if (parsed.GetValue(_method) is { } method && (method.Length == 0 || method.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))))
        {
            wrong.Add($"--method '{method}' is no method.");
        }

        foreach (var field in parsed.GetValue(_headers) ?? [])
        {
            if (WrongField(field) is { } reason)
            {
                wrong.Add($"--header '{Text.Printable(field)}': {reason}");
            }
        }
    }

    /// <exception cref="LoadException">A file cannot be used.</exception>
    internal RequestTemplate ReadRequest(ParseResult parsed)
    {
        var body = Body(parsed);
        return new RequestTemplate
        {
            Method = parsed.GetValue(_method) ?? (body is null ? "GET" : "POST"),
            Fields = [.. (parsed.GetValue(_headers) ?? []).Select(static field => (field[..field.IndexOf(':', StringComparison.Ordinal)].Trim(), field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))],
            Body = body,
            Chunked = parsed.GetValue(_chunked),
        };
    }

    /// <exception cref="LoadException">A file cannot be used.</exception>
    internal TlsSettings ReadTls(ParseResult parsed)
    {
        var certificates = parsed.GetValue(_certificates) ?? [];
        var keys = parsed.GetValue(_keys) ?? [];
        return new TlsSettings
        {
            TrustedRoots = parsed.GetValue(_trusted) is { } file ? Roots(file) : null,
            Insecure = parsed.GetValue(_insecure),
            ServerName = parsed.GetValue(_serverName),
            Protocols = parsed.GetValue(_tls) switch { "1.2" => SslProtocols.Tls12, "1.3" => SslProtocols.Tls13, _ => SslProtocols.None },
            Resume = parsed.GetValue(_resume),
            Identities = [.. certificates.Select((certificate, index) => Identity(certificate, keys.Length == 0 ? null : keys[index]))],
            Rotate = parsed.GetValue(_rotate),
        };
    }

    private static ClientIdentity Identity(string certificate, string? key)
    {
        KeyFile.Check(certificate, key);
        return ClientIdentity.Read(certificate, key);
    }

    private byte[]? Body(ParseResult parsed)
    {
        if (parsed.GetValue(_body) is { } text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        if (parsed.GetValue(_bodyFile) is { } file)
        {
            return file == "-" ? InputFile.Read(Console.OpenStandardInput(), "standard input", InputFile.MostBody) : InputFile.Read(file, InputFile.MostBody);
        }

        if (parsed.GetValue(_bodySize) is { } size)
        {
            var body = new byte[size];
            Array.Fill(body, (byte)'x');
            return body;
        }

        return null;
    }

    private static string? WrongField(string field)
    {
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
        {
            return "expected 'Name: value'.";
        }

        if (field.Any(static c => c is '\r' or '\n' or '\0'))
        {
            return "a field is one line.";
        }

        if (field.AsSpan(0, colon).ContainsAnyExcept(Token))
        {
            return "a name holds letters, digits and !#$%&'*+-.^_`|~ only, and the colon follows it directly.";
        }

        if (field.AsSpan(colon).ContainsAny(Controls))
        {
            return "a value holds no control characters.";
        }

        return field[..colon].ToLowerInvariant() switch
        {
            "content-length" or "transfer-encoding" => "framing follows from the body; see --body-size and --chunked.",
            "connection" => "see --no-keepalive and --requests-per-connection.",
            "expect" or "upgrade" => "is not supported.",
            _ => null,
        };
    }

    private static X509Certificate2Collection Roots(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(InputFile.ReadPem(file));
        }
        catch (CryptographicException e)
        {
            throw new LoadException($"--trusted-ca '{file}' cannot be used: {e.Message}");
        }

        return roots.Count > 0 ? roots : throw new LoadException($"--trusted-ca '{file}' holds no certificate.");
    }
}
