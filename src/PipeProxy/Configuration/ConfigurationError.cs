namespace PipeProxy.Configuration;

/// <summary>Something wrong with a configuration, a route or a certificate, told so that it can be mended.</summary>
/// <param name="Source">Where it was written; null when it stands in no file.</param>
/// <param name="Setting">The setting's path, such as <c>routes[2].handler.options.baseUrl</c>.</param>
/// <param name="Value">The offending value as written; null when there is none. Never a key.</param>
/// <param name="Message">What is wrong and what would be right, one sentence.</param>
/// <param name="Severity">Whether it refuses the configuration, one route, or nothing.</param>
public sealed record ConfigurationError(SourcePosition? Source, string Setting, string? Value, string Message, ErrorSeverity Severity = ErrorSeverity.Error)
{
    /// <summary>As <see cref="ToString"/> without the word of its severity, for a log that has its own.</summary>
    internal string Text => $"{Place}{Said}";

    /// <summary><c>file:line:column: error: setting "value": message</c>.</summary>
    public override string ToString() => $"{Place}{(Severity == ErrorSeverity.Warning ? "warning" : "error")}: {Said}";

    private string Place => Source is { } source ? $"{source}: " : "";

    private string Said => $"{Setting}{(Value is null ? "" : $" \"{Value}\"")}: {Message}";
}

/// <summary>What a <see cref="ConfigurationError"/> does.</summary>
public enum ErrorSeverity
{
    /// <summary>Shown; nothing is refused.</summary>
    Warning,

    /// <summary>The configuration loads, but the route that it concerns answers 522. <c>check</c> exits 3.</summary>
    Route,

    /// <summary>The configuration is refused.</summary>
    Error,
}
