using System.Globalization;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.RuleTable;

/// <summary>The page docs/http1-rules.md: made of live runs, and read again to see whether it is current.</summary>
internal static class RulePage
{
    /// <summary>Plays every rule to every proxy.</summary>
    public static async Task<IReadOnlyList<TableGroup>> PlayAsync(IReadOnlyList<ProxyPeer> peers)
    {
        // The proxies have an origin each and do not meet; one rule is played after the other.
        var columns = await Task.WhenAll(peers.Select(static peer => Task.Run(() => PlayAsync(peer))));
        return [.. Rules.All.Select((group, g) => new TableGroup(group.Heading, [.. group.Rules.Select((rule, r) =>
        {
            var row = new TableRow(rule.Section, rule.Vector, [.. columns.Select(column => column[g][r])], rule.Why);
            return row.Agrees ? row with { Why = "" } : row;
        })]))];
    }

    /// <summary>The page as Markdown.</summary>
    public static string Write(IReadOnlyList<ProxyPeer> peers, IReadOnlyList<TableGroup> groups)
    {
        var rows = groups.SelectMany(static group => group.Rows).ToList();
        var tables = new StringBuilder();
        foreach (var group in groups)
        {
            tables.Append(CultureInfo.InvariantCulture, $"\n## {group.Heading}\n\n{Columns(peers)}\n|---|---|{string.Concat(peers.Select(static _ => "---|"))}---|\n");
            foreach (var row in group.Rows)
            {
                tables.Append(row).Append('\n');
            }
        }

        return $"""
            # HTTP/1.1, rule by rule

            What PipeProxy makes of each rule of RFC 9112, 9110 and 3986, beside nginx and HAProxy with the settings they come with. The answers are those of live runs;
            `dotnet run -c Release --project tests/PipeProxy.RuleTable > docs/http1-rules.md` makes this page again, and with `-- check` says whether it is current.
            Last made on {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.

            A row is a wire vector of `tests/PipeProxy.Testing/Http1Vectors*.cs`, which has its bytes. *passed* means that the origin got one whole request, or the client the answer; a number
            is the status of a refusal that the origin never saw; *waits* means that nothing came within 4 s; *cut* means that the connection ended without a whole answer.
            The {(peers.Count == 3 ? "three" : "proxies")} agree on {rows.Count(static row => row.Agrees)} of {rows.Count} rows.
            {tables}
            """;
    }

    /// <summary>What of <paramref name="page"/> is not as it was played now, in lines for people; none when it is current.</summary>
    /// <remarks>A proxy that is missing here, or is of another version than the page's, is named on standard error and its column not looked at.</remarks>
    public static IReadOnlyList<string> Differences(string page, IReadOnlyList<ProxyPeer> peers, IReadOnlyList<TableGroup> groups)
    {
        var lines = page.Split('\n', StringSplitOptions.TrimEntries);
        var names = Cells(Array.Find(lines, static line => line.StartsWith("| RFC ", StringComparison.Ordinal)) ?? "");
        var columns = peers.Select(peer => names.IndexOf(peer.Name)).ToList();
        foreach (var (peer, column) in peers.Zip(columns))
        {
            if (column < 0)
            {
                Console.Error.WriteLine($"{peer.Name} has no column in the page; not compared.");
            }
        }

        var found = lines.Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| RFC ", StringComparison.Ordinal)).Select(Cells).ToList();
        var wanted = groups.SelectMany(static group => group.Rows).ToList();
        List<string> differences = [];
        if (columns[0] < 0)
        {
            differences.Add($"The page has no column '{peers[0].Name}'.");
        }

        differences.AddRange(groups.Where(group => !lines.Contains($"## {group.Heading}")).Select(static group => $"The heading '{group.Heading}' is missing."));
        if (found.Count != wanted.Count)
        {
            differences.Add($"The page has {found.Count} rows, and there are {wanted.Count} rules.");
        }

        foreach (var (cells, row) in found.Zip(wanted))
        {
            var answers = columns.Select((column, i) => column < 0 || column >= cells.Count || cells[column] == row.Answers[i]
                ? "" : $"; {peers[i].Name}: the page says {cells[column]}, now {row.Answers[i]}").ToList();
            if (cells.Count != names.Count || cells[0] != row.Section || cells[1] != row.Sent.Replace("|", "\\|", StringComparison.Ordinal) || answers.Exists(static answer => answer.Length > 0))
            {
                differences.Add($"{row.Section}, {row.Sent}{string.Concat(answers)}");
            }
        }

        return differences;
    }

    private static string Columns(IEnumerable<ProxyPeer> peers) => $"| RFC | what is sent | {string.Join(" | ", peers.Select(static peer => peer.Name))} | why they differ |";

    // A bar inside a cell is escaped.
    private static List<string> Cells(string line) => [.. line.Replace("\\|", "\0", StringComparison.Ordinal).Split('|').Skip(1).SkipLast(1).Select(static cell => cell.Trim().Replace("\0", "\\|", StringComparison.Ordinal))];

    private static async Task<string[][]> PlayAsync(ProxyPeer peer)
    {
        var groups = new List<string[]>();
        foreach (var group in Rules.All)
        {
            var answers = new List<string>();
            foreach (var rule in group.Rules)
            {
                answers.Add(await Player.PlayAsync(peer, Http1Vectors.Named(rule.Vector)));
            }

            groups.Add([.. answers]);
        }

        return [.. groups];
    }
}
