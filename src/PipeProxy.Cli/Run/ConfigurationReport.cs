using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>Errors and warnings as people read them: one line each with file, line and column in front, then a count.</summary>
internal static class ConfigurationReport
{
    /// <summary>Writes all of <paramref name="errors"/>, in the order of the files.</summary>
    public static void Write(TextWriter output, IReadOnlyList<ConfigurationError> errors)
    {
        foreach (var error in errors)
        {
            output.WriteLine(error);
        }
    }

    /// <summary><c>2 errors, 1 warning</c>.</summary>
    public static string Count(IReadOnlyList<ConfigurationError> errors)
    {
        var warnings = errors.Count(static error => error.Severity == ErrorSeverity.Warning);
        return $"{Plural(errors.Count - warnings, "error")}, {Plural(warnings, "warning")}";
    }

    private static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
