using PipeProxy.RuleTable;
using PipeProxy.Testing;

const string Usage = """
    PipeProxy.RuleTable          plays every rule to PipeProxy, nginx and HAProxy, and prints docs/http1-rules.md
    PipeProxy.RuleTable check    says what of docs/http1-rules.md is not so any more; 0, or 1 with the rows
    """;

if (args is not ([] or ["check"]))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

var peers = new List<ProxyPeer> { await ProxyPeer.StartPipeProxyAsync() };
try
{
    // The page has all columns; a check makes do with what is here.
    if (args.Length == 0 || Peers.Find("nginx") is not null)
    {
        peers.Add(await ProxyPeer.StartNginxAsync());
    }

    if (args.Length == 0 || Peers.Find("haproxy") is not null)
    {
        peers.Add(await ProxyPeer.StartHaproxyAsync());
    }

    var groups = await RulePage.PlayAsync(peers);
    foreach (var row in groups.SelectMany(static group => group.Rows).Where(static row => !row.Agrees && row.Why.Length == 0))
    {
        Console.Error.WriteLine($"{row.Sent}: {string.Join(", ", row.Answers)}: no reason given");
    }

    if (args.Length == 0)
    {
        Console.WriteLine(RulePage.Write(peers, groups));
        return 0;
    }

    var differences = RulePage.Differences(await File.ReadAllTextAsync(RepositoryRoot.Combine("docs", "http1-rules.md")), peers, groups);
    Console.WriteLine(differences.Count == 0 ? "docs/http1-rules.md is current" : string.Join('\n', differences));
    return differences.Count == 0 ? 0 : 1;
}
finally
{
    foreach (var peer in peers)
    {
        await peer.DisposeAsync();
    }
}
