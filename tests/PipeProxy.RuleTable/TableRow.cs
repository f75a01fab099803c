namespace PipeProxy.RuleTable;

/// <summary>One row of the page.</summary>
/// <param name="Section">Where the rule stands.</param>
/// <param name="Sent">What is sent: the vector's name.</param>
/// <param name="Answers">What came of it at each proxy, in the columns' order.</param>
/// <param name="Why">Why they differ; empty where they agree.</param>
internal sealed record TableRow(string Section, string Sent, IReadOnlyList<string> Answers, string Why)
{
    /// <summary>Every proxy does the same.</summary>
    public bool Agrees => Answers.Distinct().Count() == 1;

    /// <inheritdoc/>
    public override string ToString() => $"| {Section} | {Sent.Replace("|", "\\|", StringComparison.Ordinal)} | {string.Join(" | ", Answers)} | {Why} |";
}

/// <summary>Rows under one heading.</summary>
internal sealed record TableGroup(string Heading, IReadOnlyList<TableRow> Rows);
