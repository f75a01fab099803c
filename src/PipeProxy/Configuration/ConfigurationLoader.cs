namespace PipeProxy.Configuration;

/// <summary>Reads <c>pipeproxy.json</c>, the routes files and the command line into one <see cref="ProxyConfig"/>.</summary>
public static class ConfigurationLoader
{
    /// <summary>Reads everything that <paramref name="overrides"/> and the files say.</summary>
    /// <param name="overrides">The command line.</param>
    /// <param name="workingDirectory">Where relative paths of the command line begin; null: the process's own.</param>
    /// <param name="environment">Environment variables; null: the process's own.</param>
    /// <param name="functions">Names of handlers that the host registered; null: none.</param>
    /// <returns>Never throws for what stands in the files: every error is in the result.</returns>
    public static ConfigurationResult Load(
        ConfigurationOverrides overrides,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlySet<string>? functions = null)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        return new ConfigurationResult(null, [], []);
    }
}
