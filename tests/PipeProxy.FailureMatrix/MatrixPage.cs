using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.FailureMatrix;

/// <summary>A cell of the matrix.</summary>
/// <param name="Title">The failure.</param>
/// <param name="Server">Server and TLS version, or empty where no TLS server is reached.</param>
/// <param name="Tls">1.2 or 1.3; empty likewise.</param>
/// <param name="Seen">What came of it.</param>
/// <param name="Expected">What should.</param>
/// <param name="Why">Why servers differ.</param>
internal sealed record Cell(string Title, string Server, string Tls, Outcome Seen, Expected Expected, string Why);

/// <summary>The page docs/failures.md: every failure at every server in both TLS versions.</summary>
internal static class MatrixPage
{
    private const int AtATime = 4;

    public static async Task<IReadOnlyList<Cell>> PlayAsync()
    {
        using var places = new SemaphoreSlim(AtATime);
        var groups =
            from kind in Enum.GetValues<ServerKind>()
            where Server.IsHere(kind)
            from tls13 in new[] { false, true }
            from failures in Failure.All.GroupBy(static failure => (Certificate: failure.ServerCertificate(), failure.Revokes))
            select PlayAsync(kind, tls13, failures.Key.Certificate, failures.Key.Revokes, [.. failures], places);
        var cells = (await Task.WhenAll(groups)).SelectMany(static cells => cells).ToList();
        var order = Failure.All.Select(static failure => failure.Title).ToList();
        return [.. cells.OrderBy(cell => order.IndexOf(cell.Title)), .. await PlayWithoutServerAsync()];
    }

    public static IEnumerable<string> Unexpected(IEnumerable<Cell> cells)
        => from cell in cells
           let seen = new Expected(cell.Seen.Status, cell.Seen.ProxyStatus, cell.Seen.Code)
           where seen != cell.Expected
           select $"{cell.Title}, {cell.Server} {cell.Tls}: expected {cell.Expected}, seen {seen}: {cell.Seen.Sentence}";

    public static string Write(IReadOnlyList<Cell> cells)
    {
        var page = new StringBuilder($"""
            # Every failure at every server

            What the proxy's client gets, and what `pipeproxy diagnose` says, for each way in which the road to an origin can end: through the real proxy, in TLS 1.2 and 1.3, with the ALB simulator, nginx, HAProxy, `openssl s_server` and
            Node.js as the origin. `dotnet run --project tests/PipeProxy.FailureMatrix -c Release -- write` makes this page and [troubleshooting.md](troubleshooting.md) from live runs; with `check` it says whether they are current, and a test does.
            Each cell is also held against what the protocols and the servers' documentation lead to expect. Dates and ports are placeholders. Status codes are those of `statusProfile: zuplo`. A Proxy-Status of `-` means that the answer is the origin's own.

            """);
        foreach (var failure in cells.GroupBy(static cell => cell.Title))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {failure.Key}\n\n{(failure.First().Server.Length > 0 ? "| servers | status | Proxy-Status error | diagnose |\n|---|---|---|---|" : "| status | Proxy-Status error | diagnose |\n|---|---|---|")}\n");
            foreach (var row in Rows(failure))
            {
                page.Append(row).Append('\n');
            }

            if (failure.First().Why.Length > 0)
            {
                page.Append('\n').Append(failure.First().Why).Append('\n');
            }
        }

        return page.ToString();
    }

    /// <summary>What of the page is not as it was played now. Servers that are not installed here are not looked at.</summary>
    public static IEnumerable<string> Differences(string page, IReadOnlyList<Cell> cells)
    {
        if (Enum.GetValues<ServerKind>().All(Server.IsHere))
        {
            var lines = page.Split('\n').ToHashSet();
            return Write(cells).Split('\n').Where(line => line.Length > 0 && !lines.Contains(line)).Select(static line => $"docs/failures.md lacks: {line}");
        }

        Console.Error.WriteLine("Not every server is installed here; docs/failures.md is not compared, the cells are.");
        return [];
    }

    private static IEnumerable<string> Rows(IEnumerable<Cell> cells)
    {
        foreach (var same in cells.GroupBy(static cell => cell.Seen))
        {
            var servers = string.Join("; ", same.GroupBy(static cell => cell.Server).Select(static server => $"{server.Key} {string.Join(", ", server.Select(static cell => cell.Tls))}"));
            var outcome = $"| {same.Key.Status} | {same.Key.ProxyStatus} | {same.Key.Sentence.Replace("|", "\\|", StringComparison.Ordinal)} |";
            yield return same.First().Server.Length > 0 ? $"| {servers} {outcome}" : outcome;
        }
    }

    private static async Task<List<Cell>> PlayAsync(ServerKind kind, bool tls13, TestCertificate certificate, bool revokes, Failure[] failures, SemaphoreSlim places)
    {
        await places.WaitAsync();
        try
        {
            await using var server = await Server.StartAsync(kind, tls13 ? TlsVersions.Tls13 : TlsVersions.Tls12, certificate, revokes);
            var cells = new List<Cell>();
            foreach (var failure in failures)
            {
                var seen = await Play.RunAsync(server.Url, failure.Path, failure.Certificate());
                cells.Add(new Cell(failure.Title, Server.NameOf(kind), tls13 ? "1.3" : "1.2", seen, failure.Expect(kind, tls13), failure.Why));
            }

            return cells;
        }
        finally
        {
            places.Release();
        }
    }

    private static async Task<List<Cell>> PlayWithoutServerAsync()
    {
        var certificate = TestProxy.Named(TestProxy.CertificateName, TestCertificates.Client);
        var cells = new List<Cell>();
        if (Peers.Find("nginx") is not null)
        {
            await using var plain = await NginxOrigin.StartPlainAsync();
            cells.Add(new Cell("Plain HTTP there", "", "", await Play.RunAsync($"https://localhost:{plain.Port}", "/", certificate), new(522, "tls_protocol_error", "tls_protocol_error"), ""));
        }

        if (Peers.Find("openssl") is not null)
        {
            await using var old = await OpensslServer.StartAsync(PeerTls.Default, more: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
            cells.Add(new Cell("TLS 1.1 alone there", "", "", await Play.RunAsync(old.Url, "/", certificate), new(522, "tls_alert_received; alert-id=70", "tls_alert_received"), "TLS 1.2 and 1.3 are offered and nothing older, whatever the system's policy allows."));
        }

        using (var closed = new ClosedPort())
        {
            cells.Add(new Cell("Nobody listens", "", "", await Play.RunAsync($"https://localhost:{closed.Port}", "/", certificate), new(522, "connection_refused", "connection_refused"), ""));
        }

        cells.Add(new Cell("No such name", "", "", await Play.RunAsync("https://no-such-host.invalid", "/", certificate, resolve: false), new(522, "dns_error", "dns_error"), ""));

        // Connections stand in its queue, and nobody takes them.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        cells.Add(new Cell("Silence", "", "", await Play.RunAsync($"https://localhost:{((IPEndPoint)silent.LocalEndpoint).Port}", "/", certificate, TimeSpan.FromMilliseconds(500)), new(522, "connection_timeout", "handshake_timeout"), ""));
        return cells;
    }
}
