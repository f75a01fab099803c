using System.Globalization;
using System.Text;
using PipeProxy.RuleTable;
using PipeProxy.Testing;

// Plays every rule to PipeProxy, nginx and HAProxy, and prints the table of docs/http1-rules.md.
await using var own = await ProxyPeer.StartPipeProxyAsync();
await using var nginx = await ProxyPeer.StartNginxAsync();
await using var haproxy = await ProxyPeer.StartHaproxyAsync();

var page = new StringBuilder();
var (same, differ) = (0, 0);
foreach (var group in Rules.All)
{
    page.Append(CultureInfo.InvariantCulture, $"\n## {group.Heading}\n\n| RFC | what is sent | {own.Name} | {nginx.Name} | {haproxy.Name} | why they differ |\n|---|---|---|---|---|---|\n");
    foreach (var rule in group.Rules)
    {
        var vector = Http1Vectors.Named(rule.Vector);
        var answers = new List<string>();
        foreach (var peer in new[] { own, nginx, haproxy })
        {
            answers.Add(await Player.PlayAsync(peer, vector));
        }

        var agree = answers.Distinct().Count() == 1;
        _ = agree ? same++ : differ++;
        page.Append(CultureInfo.InvariantCulture, $"| {rule.Section} | {vector.Name.Replace("|", "\\|", StringComparison.Ordinal)} | {string.Join(" | ", answers)} | {(agree ? "" : rule.Why)} |\n");
        Console.Error.WriteLine($"{vector.Name}: {string.Join(", ", answers)}{(agree || rule.Why.Length > 0 ? "" : "   <- no reason given")}");
    }
}

Console.WriteLine($"""
    # HTTP/1.1, rule by rule

    What PipeProxy makes of each rule of RFC 9112, 9110 and 3986, beside nginx and HAProxy with the settings they come with. The answers are those of live runs;
    `dotnet run -c Release --project tests/PipeProxy.RuleTable > docs/http1-rules.md` makes this page again. Last made on {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.

    A row is a wire vector of `tests/PipeProxy.Testing/Http1Vectors*.cs`, which has its bytes. *passed* means that the origin got one whole request, or the client the answer; a number
    is the status of a refusal that the origin never saw; *waits* means that nothing came within 4 s; *cut* means that the connection ended without a whole answer.
    The three agree on {same} of {same + differ} rows.
    {page}
    """);
