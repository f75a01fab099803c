namespace PipeProxy.RuleTable;

/// <summary>One rule of the standard, and the wire vector that shows what somebody makes of it.</summary>
/// <param name="Section">Where the rule stands.</param>
/// <param name="Vector">The name in <see cref="Testing.Http1Vectors"/>; also the row's text.</param>
/// <param name="Why">Our reason, printed where the answers differ.</param>
internal sealed record Rule(string Section, string Vector, string Why = "");

/// <summary>Rules under one heading.</summary>
internal sealed record RuleGroup(string Heading, params Rule[] Rules);
