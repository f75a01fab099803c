// What run-bench.sh needs and a shell cannot do well: statistics and the report, idle clients, and what only the runtime of another process can do or tell.
//
//   PipeProxy.Comparison report --facts FILE --rounds FILE --json FILE --html FILE --expect SECTION,...      exit code 3: one of them has no good round
//   PipeProxy.Comparison rate ROUNDS                                 the greatest rate of the rounds
//   PipeProxy.Comparison hold URL --clients N --trusted-ca FILE      holds N keep-alive connections until its input ends
//   PipeProxy.Comparison slow URL --clients N                        N connections that send a head byte by byte, until its input ends
//   PipeProxy.Comparison collect PID                                 a full garbage collection in a .NET process
//   PipeProxy.Comparison lag PID FILE                                PipeProxy's loop lag every tenth of a second, until its input ends

using System.Globalization;
using System.Net;
using PipeProxy.Comparison;

try
{
    switch (args)
    {
        case ["report", "--facts", var facts, "--rounds", var all, "--json", var json, "--html", var html, "--expect", var expected]:
            var comparison = new ComparisonReport(RunFacts.Read(facts), RoundsFile.Read(all));
            TextReport.Write(Console.Out, comparison);
            JsonReport.Write(json, comparison);
            HtmlReport.Write(html, comparison);
            if (comparison.WithoutGoodRound(expected.Split(',', StringSplitOptions.RemoveEmptyEntries)) is { Count: > 0 } empty)
            {
                await Console.Error.WriteLineAsync($"error: no good round of {string.Join(", ", empty)}.");
                return 3;
            }

            return 0;

        case ["rate", var rounds]:
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{RoundsFile.Read(rounds).Where(static round => round.Lost is null).Max(static round => round["rate"]):0}"));
            return 0;

        case ["hold", var url, "--clients", var clients, "--trusted-ca", var trusted]:
            await using (var held = await IdleClients.ConnectAsync(new Uri(url), int.Parse(clients, CultureInfo.InvariantCulture), trusted))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"holding {held.Count}{held.Why}"));
                await Console.In.ReadToEndAsync();
            }

            return 0;

        case ["slow", var url, "--clients", var clients]:
            var slow = new SlowClients(IPEndPoint.Parse(new Uri(url).Authority), int.Parse(clients, CultureInfo.InvariantCulture));
            slow.Open();
            Console.WriteLine("sending");
            using (var end = new CancellationTokenSource())
            {
                var running = Task.Run(() => slow.Run(end.Token));
                await Console.In.ReadToEndAsync();
                await end.CancelAsync();
                await running;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended {slow.Ended}"));
            return 0;

        case ["collect", var pid]:
            RemoteCollection.Run(int.Parse(pid, CultureInfo.InvariantCulture));
            return 0;

        case ["lag", var pid, var file]:
            await LoopLagWatch.RunAsync(int.Parse(pid, CultureInfo.InvariantCulture), file, Console.In);
            return 0;

        default:
            await Console.Error.WriteLineAsync("usage: report --facts FILE --rounds FILE --json FILE --html FILE --expect SECTION,... | rate ROUNDS | hold URL --clients N --trusted-ca FILE | slow URL --clients N | collect PID | lag PID FILE");
            return 2;
    }
}
catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or FormatException or Microsoft.Diagnostics.NETCore.Client.ServerNotAvailableException)
{
    await Console.Error.WriteLineAsync($"error: {e.Message}");
    return 1;
}
