using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class TestProcessTests
{
    [Fact]
    public async Task Output_IsKeptPerStreamWithTheExitCode()
    {
        await using TestProcess process = await TestProcess.RunAsync("sh", ["-c", "echo out; echo \"$GREETING\" >&2; exit 3"], environment: [new("GREETING", "hello")]);
        Assert.Equal(3, process.ExitCode);
        Assert.Equal(["out"], process.OutputLines);
        Assert.Equal(["hello"], process.ErrorLines);
    }

    [Fact]
    public async Task Line_IsFoundBeforeAndAfterItCame()
    {
        await using TestProcess process = TestProcess.Start("sh", ["-c", "echo ready 1; read line; echo got $line; read line"]);
        Assert.Equal("ready 1", await process.WaitForLineAsync("^ready [0-9]$"));
        long mark = process.Mark;
        await process.Input.WriteLineAsync("ready 2");
        await process.Input.FlushAsync();
        Assert.Equal("got ready 2", await process.WaitForLineAsync("ready", after: mark));
        Assert.Equal("ready 1", await process.WaitForLineAsync(line => line.EndsWith('1')));
    }

    [Fact]
    public async Task Signal_Arrives()
    {
        await using TestProcess process = TestProcess.Start("cat", []);
        process.Signal(ProcessSignal.Terminate);
        Assert.Equal(128 + (int)ProcessSignal.Terminate, await process.WaitForExitAsync());
        process.Signal(ProcessSignal.Kill); // after the end: nothing
    }

    [Fact]
    public async Task EndWithoutTheLine_ShowsTheOutput()
    {
        await using TestProcess process = TestProcess.Start("sh", ["-c", "echo cannot start >&2; exit 1"]);
        TestProcessException e = await Assert.ThrowsAsync<TestProcessException>(() => process.WaitForLineAsync("ready"));
        Assert.Contains("! cannot start", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LineThatDoesNotCome_EndsTheWait()
    {
        await using TestProcess process = TestProcess.Start("sh", ["-c", "echo started; read line"]);
        await process.WaitForLineAsync("started");
        TestProcessException e = await Assert.ThrowsAsync<TestProcessException>(() => process.WaitForLineAsync("ready", TimeSpan.FromMilliseconds(50)));
        Assert.Contains("started", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TestProcessException>(() => process.WaitForExitAsync(TimeSpan.FromMilliseconds(50)));
    }
}
