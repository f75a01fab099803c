using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>docs/failures.md and docs/troubleshooting.md say what comes of each failure today, and every cell is what was to be expected.</summary>
public sealed class FailurePagesTests
{
    [Fact]
    public async Task Pages_AreWhatLiveRunsShow()
    {
        foreach (var peer in new[] { "nginx", "haproxy", "openssl", "node" })
        {
            Peers.Require(peer);
        }

        var program = RepositoryRoot.Combine("artifacts", "bin", "PipeProxy.FailureMatrix", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "PipeProxy.FailureMatrix");

        await using var check = await TestProcess.RunAsync(program, ["check"], timeout: TimeSpan.FromMinutes(8));

        Assert.True(check.ExitCode == 0, check.Transcript);
    }
}
