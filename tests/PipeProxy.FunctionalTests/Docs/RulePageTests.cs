using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>docs/http1-rules.md says what PipeProxy, nginx and HAProxy do today.</summary>
public sealed class RulePageTests
{
    [Fact]
    public async Task Page_IsWhatLiveRunsShow()
    {
        Peers.Require("nginx");
        Peers.Require("haproxy");
        var program = RepositoryRoot.Combine("artifacts", "bin", "PipeProxy.RuleTable", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "PipeProxy.RuleTable");

        await using var check = await TestProcess.RunAsync(program, ["check"], timeout: TimeSpan.FromMinutes(4));

        Assert.True(check.ExitCode == 0, check.Transcript);
    }
}
