using PipeProxy.FailureMatrix;
using PipeProxy.Testing;

const string Usage = """
    PipeProxy.FailureMatrix write    plays every failure and writes docs/failures.md and docs/troubleshooting.md
    PipeProxy.FailureMatrix check    plays every failure; says what is not as expected, and what of the pages is not so any more; 0, or 1 with the lines
    """;

if (args is not (["write"] or ["check"]))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

var matrix = await MatrixPage.PlayAsync();
var sections = await TroubleshootingPage.PlayAsync();
var problems = MatrixPage.Unexpected(matrix).ToList();
var (failures, troubleshooting) = (RepositoryRoot.Combine("docs", "failures.md"), RepositoryRoot.Combine("docs", "troubleshooting.md"));
if (args[0] == "write")
{
    await File.WriteAllTextAsync(failures, MatrixPage.Write(matrix));
    await File.WriteAllTextAsync(troubleshooting, TroubleshootingPage.Write(sections));
}
else
{
    problems.AddRange(MatrixPage.Differences(await File.ReadAllTextAsync(failures), matrix));
    problems.AddRange(TroubleshootingPage.Differences(await File.ReadAllTextAsync(troubleshooting), sections));
}

Console.WriteLine(problems.Count == 0 ? $"{matrix.Count} cells as expected; the pages are current" : string.Join('\n', problems));
return problems.Count == 0 ? 0 : 1;
