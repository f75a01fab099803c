using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A running command takes a changed configuration by a signal or by itself, keeps the old one when the new one is wrong, and ends when told.</summary>
public sealed class CommandReloadTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public CommandReloadTests() => _folder.Write(
        "pipeproxy.json",
        """{ "listeners": [ { "url": "http://127.0.0.1:0" } ], "routes": "routes.oas.json", "resolve": { "localhost": [ "127.0.0.1" ] } }""");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ChangedFile_IsTakenAndABadOneChangesNothing()
    {
        await using var one = Saying("one");
        await using var two = Saying("two");
        WriteRoutes(RoutesTo(one.Url));
        await using TestProcess proxy = Start();
        int port = await ReadyAsync(proxy);
        Assert.Equal("one", await AnswerAsync(port));

        WriteRoutes(RoutesTo(two.Url));
        await proxy.WaitForLineAsync("Configuration reloaded: 1 routes in force");
        Assert.Equal("two", await AnswerAsync(port));

        WriteRoutes("""{ "openapi": "3.1.0", "paths": """);
        await proxy.WaitForLineAsync(@"Z error: routes.oas.json:1:[0-9]+: \(file\): is not JSON");
        await proxy.WaitForLineAsync("the one before stays in force");
        Assert.Equal("two", await AnswerAsync(port));

        long mark = proxy.Mark;
        WriteRoutes(RoutesTo(one.Url));
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal("one", await AnswerAsync(port));
    }

    [Fact]
    public async Task DefaultFileThatIsGone_IsRefusedByNameAndTheOldConfigurationStays()
    {
        await using var origin = Saying("one");
        await using TestProcess proxy = TestProcess.Start(ProxyBinary.Path, ["run", "--allow-root", "--forward", origin.Url], _folder.Path);
        int port = await ReadyAsync(proxy);

        File.Delete(_folder.Combine("pipeproxy.json"));

        await proxy.WaitForLineAsync(" error: --config \"pipeproxy.json\": names no file .*pipeproxy.json does not exist");
        await proxy.WaitForLineAsync("the one before stays in force");
        Assert.Equal("one", await AnswerAsync(port));
        Assert.DoesNotContain("error: error:", proxy.Transcript, StringComparison.Ordinal);

        long mark = proxy.Mark;
        _folder.Write("pipeproxy.json", """{ "listeners": [ { "url": "http://127.0.0.1:0" } ], "resolve": { "localhost": [ "127.0.0.1" ] } }""");
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal("one", await AnswerAsync(port));
    }

    [Fact]
    public async Task ListenerOfAReload_HasItsReadyLineWithThePortThatItTook()
    {
        await using var origin = Saying("one");
        WriteRoutes(RoutesTo(origin.Url));
        await using TestProcess proxy = Start();
        int first = await ReadyAsync(proxy);
        long mark = proxy.Mark;

        _folder.Write(
            "pipeproxy.json",
            """{ "listeners": [ { "url": "http://127.0.0.1:0" }, { "url": "http://localhost:0" } ], "routes": "routes.oas.json", "resolve": { "localhost": [ "127.0.0.1" ] } }""");

        int added = TestProxy.PortOf(await proxy.WaitForLineAsync("^listening on http://localhost:[1-9]", after: mark));
        Assert.Equal("one", await AnswerAsync(first));
        Assert.Equal("one", await AnswerAsync(added));
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal(2, proxy.OutputLines.Count(static line => line.StartsWith("listening on ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task HangUp_ReadsEverythingAgain()
    {
        await using var origin = Saying("one");
        WriteRoutes(RoutesTo(origin.Url));
        await using TestProcess proxy = Start();
        int port = await ReadyAsync(proxy);

        // Right behind the ready line: by then the command takes signals.
        proxy.Signal(ProcessSignal.HangUp);

        await proxy.WaitForLineAsync("Configuration reloaded: 1 routes in force");
        Assert.Equal("one", await AnswerAsync(port));
    }

    [Theory]
    [InlineData(ProcessSignal.Terminate)]
    [InlineData(ProcessSignal.Interrupt)]
    public async Task SignalRightBehindTheReadyLine_EndsInOrder(ProcessSignal signal)
    {
        WriteRoutes(RoutesTo("http://localhost:1"));
        await using TestProcess proxy = Start();
        await ReadyAsync(proxy);

        proxy.Signal(signal);

        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    [Fact]
    public async Task FolderMadeAnew_IsWatchedAgain()
    {
        await using var one = Saying("one");
        await using var two = Saying("two");
        _folder.Write(Path.Combine("routes", "all.oas.json"), RoutesTo(one.Url));
        _folder.Write(
            "pipeproxy.json",
            """{ "listeners": [ { "url": "http://127.0.0.1:0" } ], "routes": "routes/all.oas.json", "resolve": { "localhost": [ "127.0.0.1" ] } }""");
        await using TestProcess proxy = Start();
        int port = await ReadyAsync(proxy);

        // As a deployment does it: the old folder goes away whole, and a new one comes.
        Directory.Move(_folder.Combine("routes"), _folder.Combine("routes-before"));
        await proxy.WaitForLineAsync("the one before stays in force");
        _folder.Write(Path.Combine("routes-after", "all.oas.json"), RoutesTo(two.Url));
        long mark = proxy.Mark;
        Directory.Move(_folder.Combine("routes-after"), _folder.Combine("routes"));
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal("two", await AnswerAsync(port));

        // A change inside it is seen, too.
        mark = proxy.Mark;
        _folder.Write("new.json", RoutesTo(one.Url));
        File.Move(_folder.Combine("new.json"), _folder.Combine("routes", "all.oas.json"), overwrite: true);
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal("one", await AnswerAsync(port));
    }

    /// <summary>The queue of events runs over while the process is stopped, so that nothing tells of the change of the file.</summary>
    [Fact]
    public async Task EventsThatWereLost_DoNotHideAChange()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the queue and its length are Linux's");
        await using var one = Saying("one");
        await using var two = Saying("two");
        WriteRoutes(RoutesTo(one.Url));
        await using TestProcess proxy = Start();
        int port = await ReadyAsync(proxy);
        int queue = int.Parse(await File.ReadAllTextAsync("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture);

        // Each rename is two events.
        proxy.Signal(ProcessSignal.Stop);
        string at = _folder.Write("other.0", "");
        for (int i = 0; i <= queue / 2; i++)
        {
            string to = _folder.Combine($"other.{(i + 1) % 2}");
            File.Move(at, to);
            at = to;
        }

        WriteRoutes(RoutesTo(two.Url));
        proxy.Signal(ProcessSignal.Continue);
        await proxy.WaitForLineAsync("Configuration reloaded");
        Assert.Equal("two", await AnswerAsync(port));

        long mark = proxy.Mark;
        WriteRoutes(RoutesTo(one.Url));
        await proxy.WaitForLineAsync("Configuration reloaded", after: mark);
        Assert.Equal("one", await AnswerAsync(port));
    }

    private static string RoutesTo(string origin) => $$"""
        { "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": { "/": { "get": { "x-zuplo-route": { "handler": {
          "export": "urlForwardHandler", "module": "$import(@zuplo/runtime)", "options": { "baseUrl": "{{origin}}" } } } } } } }
        """;

    // By a rename, so that no reload sees half a file.
    private void WriteRoutes(string text) => File.Move(_folder.Write("routes.new", text), _folder.Combine("routes.oas.json"), overwrite: true);

    private TestProcess Start() => TestProcess.Start(ProxyBinary.Path, ["run", "--allow-root"], _folder.Path);

    private static async Task<int> ReadyAsync(TestProcess proxy) => TestProxy.PortOf(await proxy.WaitForLineAsync("^listening on "));

    private static async Task<string> AnswerAsync(int port)
    {
        using var client = await RawClient.ConnectAsync(port);
        return (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true)).Text;
    }

    private static ByteOrigin Saying(string text) => ByteOrigin.Answering($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}");
}
