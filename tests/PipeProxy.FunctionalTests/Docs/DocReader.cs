using System.Text.RegularExpressions;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>Does what a page tells its reader, top to bottom, in an empty folder with <c>pipeproxy</c> and <c>pipeproxy-bench</c> on the PATH.</summary>
/// <remarks>
/// Two things differ from a reader's shell. The tools run from where the build left them, because a build beside a running test would race with it;
/// and ports are replaced by free ones, the same everywhere on the page, because several pages run at a time.
/// </remarks>
internal sealed partial class DocReader(DocPage page) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, string> _ports = [];
    private readonly List<TestProcess> _servers = [];
    private string _printed = "";

    /// <summary>Follows the page to its end.</summary>
    public async Task FollowAsync()
    {
        foreach (DocBlock block in page.Blocks)
        {
            if (block.File is { } file)
            {
                _folder.Write(file, Localize(block.Text) + "\n");
            }
            else if (block.IsOutput)
            {
                Compare(block);
            }
            else if (block.IsShell && block.NotRun is null)
            {
                await RunAsync(block);
            }
        }

        await StopServersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestProcess server in _servers)
        {
            await server.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task RunAsync(DocBlock block)
    {
        string command = Localize(block.Text);
        if (block.IsBackground)
        {
            // exec: the signal that ends it goes to the server, not to the shell.
            TestProcess server = TestProcess.Start("bash", ["-c", $"exec {command}"], _folder.Path, Environment());
            _servers.Add(server);
            await server.WaitForLineAsync("^listening on ", Limit);
            _printed = server.Transcript;
            return;
        }

        await using TestProcess shell = await TestProcess.RunAsync("bash", ["-uo", "pipefail", "-c", command], _folder.Path, Environment(), Limit);
        _printed = string.Join('\n', shell.OutputLines.Concat(shell.ErrorLines));
        Assert.True(shell.ExitCode == block.ExitCode, $"{block}: exit code {shell.ExitCode}, not {block.ExitCode}, from\n{command}\n{shell.Transcript}{string.Concat(_servers.Select(server => $"--- server\n{server.Transcript}"))}");
    }

    private void Compare(DocBlock block)
    {
        string[] printed = [.. _printed.Split('\n').Select(line => line.TrimEnd('\r'))];
        foreach (string line in Localize(block.Text).Split('\n').Where(line => line.Trim() is not ("" or "...")))
        {
            Regex expected = new("^\\s*" + Regex.Escape(line.Trim()).Replace("\\.\\.\\.", ".*", StringComparison.Ordinal) + "\\s*$", RegexOptions.CultureInvariant);
            Assert.True(printed.Any(expected.IsMatch), $"{block}: this line is not printed:\n{line}\nbut\n{_printed}");
        }
    }

    private async Task StopServersAsync()
    {
        foreach (TestProcess server in Enumerable.Reverse(_servers))
        {
            server.Signal(ProcessSignal.Terminate);
            await server.WaitForExitAsync(Limit);
            Assert.True(server.ExitCode == 0, $"{page.Path}: a server ended with {server.ExitCode}:\n{server.Transcript}");
        }
    }

    private string Localize(string text)
    {
        text = ToolRun().Replace(text, match => $"{ToolPath(match.Groups[1].Value)} ");
        return Port().Replace(text, match =>
        {
            if (!_ports.TryGetValue(match.Value, out string? port))
            {
                port = FreePorts.Next().ToString(System.Globalization.CultureInfo.InvariantCulture);
                _ports.Add(match.Value, port);
            }

            return port;
        });
    }

    private static Dictionary<string, string?> Environment() => new()
    {
        ["PATH"] = $"{Path.GetDirectoryName(ProxyBinary.Path)}:{Path.GetDirectoryName(LoadTestBinary.Path)}:{System.Environment.GetEnvironmentVariable("PATH")}",
        ["NO_COLOR"] = "1",
        ["PIPEPROXY_STORE"] = null,
        ["PIPEPROXY_STORE_PASSPHRASE"] = null,
    };

    private static string ToolPath(string tool)
    {
        string path = RepositoryRoot.Combine("artifacts", "bin", tool, Path.GetFileName(Path.GetDirectoryName(ProxyBinary.Path)!), tool);
        Assert.True(File.Exists(path), $"{path} is missing: build the solution.");
        return path;
    }

    [GeneratedRegex(@"dotnet run --project tools/(\w+) -c Release(?: --)? ")]
    private static partial Regex ToolRun();

    [GeneratedRegex(@"(?<=:)(8080|8081|8443|8444)\b")]
    private static partial Regex Port();
}
