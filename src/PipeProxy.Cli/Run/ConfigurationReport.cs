using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>Errors and warnings as people read them: one line each with file, line and column in front, then a count.</summary>
internal static class ConfigurationReport
{
    /// <summary>The next step of somebody who starts without any configuration.</summary>
    public const string Begin = """
        begin without a file: pipeproxy run --forward https://my-alb.example --mtls-certificate aws-alb-cert
              or write pipeproxy.json: { "routes": [ { "path": "/{*rest}", "baseUrl": "https://my-alb.example", "mtlsCertificate": "aws-alb-cert" } ] }
        """;

    /// <summary>Writes all of <paramref name="errors"/>, in the order of the files; coloured where <paramref name="output"/> is.</summary>
    public static void Write(Terminal terminal, TextWriter output, IReadOnlyList<ConfigurationError> errors)
    {
        var colors = ReferenceEquals(output, terminal.Error) ? terminal.ColorsError : terminal.ColorsOutput;
        foreach (var error in errors)
        {
            var line = error.ToString();
            output.WriteLine(!colors ? line : error.Severity == ErrorSeverity.Warning
                ? line.Replace("warning:", Color.Yellow.Around("warning:"), StringComparison.Ordinal)
                : line.Replace("error:", Color.Red.Around("error:"), StringComparison.Ordinal));
        }
    }

    /// <summary><c>2 errors, 1 warning</c>.</summary>
    public static string Count(IReadOnlyList<ConfigurationError> errors)
    {
        var warnings = errors.Count(static error => error.Severity == ErrorSeverity.Warning);
        return $"{Plural(errors.Count - warnings, "error")}, {Plural(warnings, "warning")}";
    }

    /// <summary><c>1 route</c>, <c>2 routes</c>.</summary>
    public static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
