namespace PipeProxy.Microbenchmarks;

/// <summary>The benchmarks whose ratios the documentation quotes, run in turns.</summary>
internal static class Comparisons
{
    private const int Rounds = 4000;

    private static readonly string[] Names = ["small", "browser", "response", "chunked"];

    /// <param name="chosen">Some of small, browser, response, chunked; all when empty.</param>
    public static void Run(string[] chosen)
    {
        foreach (var name in chosen.Length > 0 ? chosen : Names)
        {
            switch (name)
            {
                case "small" or "browser":
                    RunRequest(name == "small" ? "Small" : "Browser");
                    break;
                case "response":
                    RunResponse();
                    break;
                case "chunked":
                    RunChunked();
                    break;
                default:
                    Console.Error.WriteLine($"'{name}' is none of {string.Join(", ", Names)}.");
                    break;
            }
        }
    }

    private static void RunRequest(string head)
    {
        var benchmark = new Http1ParserBenchmark { Head = head };
        benchmark.Setup();
        new Interleaved(
            [
                "parsed and framed", "Kestrel, each head as the last", "Kestrel, other values each time", "Kestrel's lines, our parts", "Kestrel's lines, dropped",
                "in pieces of 16", "parsed, framed and written",
            ],
            [
                n => Repeat(n, benchmark.Whole), n => Repeat(n, benchmark.KestrelSameHead), n => Repeat(n, benchmark.KestrelOtherHead), n => Repeat(n, benchmark.KestrelParsing),
                n => Repeat(n, benchmark.KestrelSplitting), n => Repeat(n, benchmark.InPiecesOf16), n => Repeat(n, benchmark.ParsedAndWritten),
            ]).Run(Rounds);
    }

    private static void RunResponse()
    {
        var benchmark = new Http1ResponseBenchmark();
        benchmark.Setup();
        new Interleaved(["parsed and framed", "parsed, framed and written"], [n => Repeat(n, benchmark.Whole), n => Repeat(n, benchmark.ParsedAndWritten)]).Run(Rounds);
    }

    private static void RunChunked()
    {
        var benchmarks = new[] { 16384, 1024 }.Select(chunk => new ChunkedDecoderBenchmark { Chunk = chunk }).ToList();
        benchmarks.ForEach(benchmark => benchmark.Setup());
        new Interleaved(
            [.. benchmarks.Select(benchmark => $"16 KiB in chunks of {benchmark.Chunk}")],
            [.. benchmarks.Select(benchmark => (Action<int>)(n => Repeat(n, benchmark.Decode)))]).Run(Rounds);
    }

    private static void Repeat<T>(int count, Func<T> piece)
    {
        for (var i = 0; i < count; i++)
        {
            _ = piece();
        }
    }
}
