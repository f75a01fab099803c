using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

/// <summary>A directory of its own with configuration files, and one call that loads them.</summary>
internal sealed class ConfigurationFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("pipeproxy-config-").FullName;

    internal Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    internal HashSet<string> Functions { get; } = new(StringComparer.Ordinal);

    internal string PathOf(string name) => Path.Combine(_path, name);

    internal ConfigurationFolder Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        return this;
    }

    internal ConfigurationResult Load(ConfigurationOverrides? overrides = null)
        => ConfigurationLoader.Load(overrides ?? new ConfigurationOverrides(), _path, Variables, Functions);

    /// <summary>Loads what must be right.</summary>
    internal ProxyConfig LoadConfig(ConfigurationOverrides? overrides = null)
    {
        var result = Load(overrides);
        Assert.DoesNotContain(result.Errors, e => e.Severity == ErrorSeverity.Error);
        return result.Config!;
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
