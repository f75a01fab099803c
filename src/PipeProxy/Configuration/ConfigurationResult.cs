namespace PipeProxy.Configuration;

/// <summary>What came of reading the configuration.</summary>
/// <param name="Config">The configuration; null when an error refuses it.</param>
/// <param name="Errors">Everything that is wrong, in the order of the files; warnings too.</param>
/// <param name="Files">Absolute paths of every file read or looked for; a change of one of them asks for a reload.</param>
public sealed record ConfigurationResult(ProxyConfig? Config, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<string> Files)
{
    /// <summary>The configuration file as it was named, or by its default name; null: none is named, and the default one is not there.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>What could be read, also when an error refuses it: to look for further errors in, never to serve. Null when nothing could.</summary>
    public ProxyConfig? Draft { get; init; } = Config;
}
