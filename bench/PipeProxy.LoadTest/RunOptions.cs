using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>The options that make a <see cref="LoadPlan"/>.</summary>
internal sealed class RunOptions
{
    private readonly Argument<Target[]> _urls = new("URL")
    {
        Description = "What to ask for: URL, or URL=WEIGHT among several.",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = static result => Targets(result),
    };

    private readonly Option<Target[]> _targets = new("--target") { Description = "The same as an option, 'URL WEIGHT'. Repeatable.", HelpName = "URL", CustomParser = static result => Targets(result) };
    private readonly Option<int?> _connections = Amounts.Whole("--connections", "Connections, each one client. Default 64.", "-c");
    private readonly Option<int?> _threads = Amounts.Whole("--threads", "Event loops, each one thread. Default 1: one drives tens of thousands of requests per second.", "-t");
    private readonly Option<TimeSpan?> _duration = Amounts.Time("--duration", "How long to measure. Default 10s, or without end with --requests.", "-d");
    private readonly Option<long?> _requests = Amounts.Count("--requests", "Measure so many requests.", "-n");
    private readonly Option<double?> _rate = Amounts.Rate("--rate", "Open loop: so many requests per second, each at a moment fixed beforehand; latency counts from that moment.");
    private readonly Option<TimeSpan?> _warmup = Amounts.Time("--warmup", "Load that is not measured, before. Default none.");
    private readonly Option<TimeSpan?> _timeout = Amounts.Time("--timeout", "Bound on a connect, a handshake, and a request until its whole answer. Default 10s.");
    private readonly Option<TimeSpan?> _interval = Amounts.Time("--interval", "Length of the intervals in the result. Default 1s.");
    private readonly Option<bool> _noKeepAlive = new("--no-keepalive") { Description = "A new connection for each request." };
    private readonly Option<int?> _perConnection = Amounts.Whole("--requests-per-connection", "A new connection after so many requests. Default: it is kept.");
    private readonly Option<string?> _method = new("--method", "-X") { Description = "Default GET, or POST with a body.", HelpName = "METHOD" };
    private readonly Option<string[]> _headers = new("--header", "-H") { Description = "A field, 'Name: value'. Repeatable.", HelpName = "FIELD" };
    private readonly Option<string?> _body = new("--body") { Description = "The request's body.", HelpName = "TEXT" };
    private readonly Option<string?> _bodyFile = new("--body-file") { Description = "A file with the request's body.", HelpName = "FILE" };
    private readonly Option<int?> _bodySize = Amounts.Size("--body-size", "A body of so many bytes, such as 10KiB.");
    private readonly Option<bool> _chunked = new("--chunked") { Description = "The body goes out in the chunked coding." };
    private readonly Option<string[]> _certificates = new("--cert") { Description = "Client certificate, PEM, leaf first. Repeatable: each connection presents one of them.", HelpName = "FILE" };
    private readonly Option<string[]> _keys = new("--key") { Description = "Its private key, PEM; one for each --cert, in the same order. Default: in the certificate's file.", HelpName = "FILE" };
    private readonly Option<bool> _rotate = new("--rotate-certs") { Description = "Every new connection presents the next certificate, instead of each connection keeping its own." };
    private readonly Option<string?> _trusted = new("--trusted-ca") { Description = "Roots that replace the system's, PEM.", HelpName = "FILE" };
    private readonly Option<bool> _insecure = new("--insecure", "-k") { Description = "Accept any server certificate." };
    private readonly Option<string?> _tls = new("--tls") { Description = "1.2 or 1.3 only.", HelpName = "VERSION" };
    private readonly Option<string?> _serverName = new("--server-name") { Description = "Sent as SNI and expected in the server's certificate. Default: the URL's host.", HelpName = "NAME" };
    private readonly Option<bool> _resume = new("--tls-resume") { Description = "Resume TLS sessions. Default: every connection is a full handshake." };

    internal RunOptions() => _tls.AcceptOnlyFromAmong("1.2", "1.3");

    internal void AddTo(Command command)
    {
        command.Arguments.Add(_urls);
        foreach (var option in new Option[]
        {
            _targets, _connections, _duration, _requests, _rate, _warmup, _threads, _timeout, _interval, _noKeepAlive, _perConnection, _method, _headers, _body, _bodyFile, _bodySize, _chunked,
            _certificates, _keys, _rotate, _trusted, _insecure, _tls, _serverName, _resume,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">Options do not go together.</exception>
    /// <exception cref="LoadException">A file cannot be used.</exception>
    internal LoadPlan Read(ParseResult parsed)
    {
        Check(parsed);
        var requests = parsed.GetValue(_requests);
        var body = Body(parsed);
        var connections = parsed.GetValue(_connections) ?? 64;
        return new LoadPlan
        {
            Targets = [.. parsed.GetValue(_urls) ?? [], .. parsed.GetValue(_targets) ?? []],
            Request = new RequestTemplate
            {
                Method = parsed.GetValue(_method) ?? (body is null ? "GET" : "POST"),
                Fields = [.. (parsed.GetValue(_headers) ?? []).Select(static field => (field[..field.IndexOf(':', StringComparison.Ordinal)].Trim(), field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))],
                Body = body,
                Chunked = parsed.GetValue(_chunked),
            },
            Tls = ReadTls(parsed),
            Connections = connections,
            Threads = Math.Min(parsed.GetValue(_threads) ?? 1, connections),
            Duration = parsed.GetValue(_duration) ?? (requests is null ? TimeSpan.FromSeconds(10) : null),
            Requests = requests,
            Rate = parsed.GetValue(_rate),
            Warmup = parsed.GetValue(_warmup) ?? TimeSpan.Zero,
            RequestsPerConnection = parsed.GetValue(_noKeepAlive) ? 1 : parsed.GetValue(_perConnection) ?? 0,
            Timeout = parsed.GetValue(_timeout) ?? TimeSpan.FromSeconds(10),
            Interval = parsed.GetValue(_interval) ?? TimeSpan.FromSeconds(1),
        };
    }

    private TlsSettings ReadTls(ParseResult parsed)
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
            Identities = [.. certificates.Select((certificate, index) => ClientIdentity.Read(certificate, keys.Length == 0 ? null : keys[index]))],
            Rotate = parsed.GetValue(_rotate),
        };
    }

    private byte[]? Body(ParseResult parsed)
    {
        if (parsed.GetValue(_body) is { } text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        if (parsed.GetValue(_bodyFile) is { } file)
        {
            return File.ReadAllBytes(file);
        }

        if (parsed.GetValue(_bodySize) is { } size)
        {
            var body = new byte[size];
            Array.Fill(body, (byte)'x');
            return body;
        }

        return null;
    }

    // What single options cannot say. After parsing, because an option that was refused has no value to look at.
    private void Check(ParseResult parsed)
    {
        var wrong = new List<string>();
        if ((parsed.GetValue(_urls) ?? []).Length + (parsed.GetValue(_targets) ?? []).Length == 0)
        {
            wrong.Add("A URL to ask for is missing.");
        }

        var bodies = new[] { parsed.GetValue(_body) is not null, parsed.GetValue(_bodyFile) is not null, parsed.GetValue(_bodySize) is not null }.Count(static given => given);
        if (bodies > 1)
        {
            wrong.Add("--body, --body-file and --body-size exclude each other.");
        }
        else if (bodies == 0 && parsed.GetValue(_chunked))
        {
            wrong.Add("--chunked needs a body: --body, --body-file or --body-size.");
        }

        if (parsed.GetValue(_noKeepAlive) && parsed.GetValue(_perConnection) is not null)
        {
            wrong.Add("--no-keepalive and --requests-per-connection exclude each other.");
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
                wrong.Add($"--header '{field}': {reason}");
            }
        }

        if (wrong.Count > 0)
        {
            throw new UsageException(wrong);
        }
    }

    private static string? WrongField(string field)
    {
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || field.AsSpan(0, colon).Trim().ContainsAny(" \t"))
        {
            return "expected 'Name: value'.";
        }

        if (field.Any(static c => c is '\r' or '\n' or '\0'))
        {
            return "a field is one line.";
        }

        return field[..colon].Trim().ToLowerInvariant() switch
        {
            "content-length" or "transfer-encoding" => "framing follows from the body; see --body-size and --chunked.",
            "connection" => "see --no-keepalive and --requests-per-connection.",
            "expect" or "upgrade" => "is not supported.",
            _ => null,
        };
    }

    private static Target[]? Targets(ArgumentResult result)
    {
        var targets = new List<Target>();
        foreach (var token in result.Tokens)
        {
            if (Target.TryParse(token.Value, out var target, out var wrong))
            {
                targets.Add(target);
            }
            else
            {
                result.AddError(wrong);
            }
        }

        return [.. targets];
    }

    private static X509Certificate2Collection Roots(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (CryptographicException e)
        {
            throw new LoadException($"--trusted-ca '{file}' cannot be used: {e.Message}");
        }

        return roots.Count > 0 ? roots : throw new LoadException($"--trusted-ca '{file}' holds no certificate.");
    }
}
