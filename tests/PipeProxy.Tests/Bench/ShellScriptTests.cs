using PipeProxy.Testing;

namespace PipeProxy.Tests.Bench;

/// <summary>What runs in a shell has no compiler; shellcheck stands in for one.</summary>
public sealed class ShellScriptTests
{
    [Fact]
    public async Task Scripts_AreCleanByShellcheck()
    {
        string shellcheck = Peers.Require("shellcheck");
        string[] scripts = [RepositoryRoot.Combine("run-bench.sh"), .. Directory.GetFiles(RepositoryRoot.Combine("bench"), "*.sh"), RepositoryRoot.Combine(".ci", "run")];

        // -x follows what they source.
        await using var run = await TestProcess.RunAsync(shellcheck, ["-x", "--source-path", RepositoryRoot.Path, "--severity=warning", .. scripts]);

        Assert.True(run.ExitCode == 0, run.Transcript);
    }
}
