using PipeProxy.LoadTest;
using PipeProxy.LoadTest.Load;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

public sealed class OutputFileTests
{
    [Theory]
    [InlineData("--json")]
    [InlineData("--csv")]
    [InlineData("--html")]
    public async Task FileThatCannotBeWritten_IsRefusedBeforeTheRun(string option)
    {
        using TemporaryDirectory folder = new();
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var file = folder.Combine("none", "x");
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync([origin.Url + "/", "-n", "1", "-c", "1", "-q", option, file]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"error: {option} '{file}' cannot be written: ", error, StringComparison.Ordinal);
        Assert.Empty(origin.Connections);
    }

    [Fact]
    public async Task TurnsFileThatCannotBeWritten_IsRefusedBeforeTheRun()
    {
        using TemporaryDirectory folder = new();
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(["turns", "a=http://h/", "b=http://h/", "--csv", folder.Combine("none", "x")]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("--csv", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Trying_LeavesEverythingAsItWas()
    {
        using TemporaryDirectory folder = new();
        var old = folder.Write("old", "before");
        using (OutputFile.Open("--json", old))
        using (OutputFile.Open("--json", folder.Combine("new")))
        {
            Assert.Equal("before", File.ReadAllText(old));
            Assert.False(File.Exists(folder.Combine("new")));
        }

        Assert.Null(OutputFile.Open("--json", null));
        Assert.Throws<LoadException>(() => OutputFile.Open("--json", folder.Path));
    }

    [Fact]
    public async Task FileThatFailsLater_TakesNeitherTheOthersNorTheVerdict()
    {
        using TemporaryDirectory folder = new();
        Directory.CreateDirectory(folder.Combine("gone"));
        using ReportFiles files = new(new ReportPlan { Json = folder.Combine("gone", "x.json"), Csv = folder.Write("x.csv", "a longer text that was there before " + new string('x', 10_000)), Html = folder.Combine("x.html") });
        Directory.Delete(folder.Combine("gone"), recursive: true);
        using StringWriter output = new();
        var wrong = await files.WriteAsync(SampleResult.Make(), output, output);
        Assert.StartsWith("--json ", Assert.Single(wrong), StringComparison.Ordinal);
        Assert.Contains("1,000 in 10.0 s", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("xxx", File.ReadAllText(folder.Combine("x.csv")), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.Combine("x.html")));
    }

    [Fact]
    public async Task Pipe_IsOpenedOnceAndEndsAfterTheResult()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It makes a pipe with mkfifo.");
        using TemporaryDirectory folder = new();
        var pipe = folder.Combine("pipe");
        await using var make = await TestProcess.RunAsync("mkfifo", [pipe]);
        await using var reader = TestProcess.Start("cat", [pipe]);
        using (var file = OutputFile.Open("--json", pipe))
        {
            Assert.NotNull(file);
            Assert.Null(await file.WriteAsync("whole\n", TextWriter.Null));
        }

        await reader.WaitForLineAsync("whole");
    }
}
