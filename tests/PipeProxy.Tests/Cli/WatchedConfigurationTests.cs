using PipeProxy.Cli.Run;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Cli;

/// <summary>No change is missed between the reading of a file and its watch.</summary>
public sealed class WatchedConfigurationTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _folder = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly List<PlayedWatcher> _watchers = [];
    private Action _whileAWatchBegins = static () => { };

    public WatchedConfigurationTests() => Name("/first");

    public void Dispose()
    {
        _folder.Dispose();
        _changed.Dispose();
    }

    [Fact]
    public void FileChangedBeforeTheFirstWatchStands_IsReadAsItIsNow()
    {
        using var configuration = Watched();
        _whileAWatchBegins = () => Name("/second");

        Assert.Equal("/second", PathOf(configuration.Read()));
    }

    [Fact]
    public void FileThatAReloadNamesChangedBeforeItsWatchStands_IsReadAsItIsNow()
    {
        using var configuration = Watched();
        var inForce = configuration.Read();
        WriteRoutes("/early");
        _folder.Write("pipeproxy.json", """{ "routes": "routes/all.json", "listeners": [ { "url": "http://127.0.0.1:0" } ] }""");
        _whileAWatchBegins = () => WriteRoutes("/late");

        Assert.Equal("/late", PathOf(configuration.Read(inForce.Config)));
    }

    [Fact]
    public void SameFiles_KeepTheirWatch()
    {
        using var configuration = Watched();
        configuration.Read();
        var watchers = _watchers.Count;
        Name("/second");

        Assert.Equal("/second", PathOf(configuration.Read()));
        Assert.Equal(watchers, _watchers.Count);
    }

    [Fact]
    public async Task LostWatch_IsReplacedBeforeTheFilesAreReadAgain()
    {
        using var configuration = Watched();
        configuration.Read();
        var lost = _watchers.ToList();
        lost[0].Lose();
        Assert.True(await _changed.WaitAsync(Bound, TestContext.Current.CancellationToken));
        _whileAWatchBegins = () => Name("/second");

        Assert.Equal("/second", PathOf(configuration.Read()));
        var anew = _watchers.Except(lost).ToList();
        Assert.NotEmpty(anew);
        Assert.All(lost, static watcher => Assert.False(watcher.EnableRaisingEvents));
        Assert.All(anew, static watcher => Assert.True(watcher.EnableRaisingEvents));
    }

    private static string PathOf(HostConfiguration read) => Assert.Single(read.Config!.Routes).Path;

    private void Name(string path) => _folder.Write(
        "pipeproxy.json",
        $$"""{ "routes": [ { "path": "{{path}}", "baseUrl": "http://127.0.0.1:1" } ], "listeners": [ { "url": "http://127.0.0.1:0" } ] }""");

    private void WriteRoutes(string path)
    {
        Directory.CreateDirectory(_folder.Combine("routes"));
        _folder.Write(System.IO.Path.Combine("routes", "all.json"), $$"""
            { "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": { "{{path}}": { "get": { "x-zuplo-route": { "handler": {
              "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "http://127.0.0.1:1" } } } } } } }
            """);
    }

    private WatchedConfiguration Watched() => new(new ConfigurationOverrides { ConfigFile = _folder.Combine("pipeproxy.json") }, new StorePassphrase(null, null), () => _changed.Release(), folder =>
    {
        _whileAWatchBegins();
        _whileAWatchBegins = static () => { };
        _watchers.Add(new PlayedWatcher(folder));
        return _watchers[^1];
    });
}
