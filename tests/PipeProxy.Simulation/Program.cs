using System.Diagnostics;
using System.Globalization;
using PipeProxy.Simulation;

const string Usage = """
    PipeProxy.Simulation run [REQUESTS] [SEED]       plays seeds from SEED on until so many requests were sent; 0, or 1 with the seed that breaks a promise
    PipeProxy.Simulation replay SEED [MISTAKE]       plays one seed again
    PipeProxy.Simulation mistakes [SEED]             plants each mistake, and says after how many seeds it was caught

    Every seed sends 20000 requests. MISTAKE is KeyWithoutIdentity, KeyWithNameOnly, BindingKept or GenerationIgnored.
    """;
const int RequestsPerSeed = 20_000;

switch (args)
{
    case ["run", ..]:
        return Run(
            args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 200_000,
            args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : (ulong)Environment.TickCount64);
    case ["replay", var text, ..]:
        var replayed = SimulationRun.Run(ulong.Parse(text, CultureInfo.InvariantCulture), RequestsPerSeed, args.Length > 2 ? Enum.Parse<Mistake>(args[2]) : Mistake.None);
        Console.WriteLine($"seed {text}, trace {replayed.Trace:x16}: {replayed.Summary}");
        Console.WriteLine(replayed.Violation ?? "no promise was broken");
        return replayed.Violation is null ? 0 : 1;
    case ["mistakes", ..]:
        var first = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        return Enum.GetValues<Mistake>().Where(static mistake => mistake != Mistake.None).All(mistake => Plant(mistake, first)) ? 0 : 1;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static int Run(long requests, ulong seed)
{
    var clock = Stopwatch.StartNew();
    var sent = 0L;
    var told = 0L;
    for (var current = seed; sent < requests; current++)
    {
        var result = SimulationRun.Run(current, (int)Math.Min(RequestsPerSeed, requests - sent));
        sent += result.Requests;
        if (result.Violation is not null)
        {
            Console.WriteLine($"seed {current}, trace {result.Trace:x16}: {result.Violation}\n{result.Summary}\nAgain: dotnet run --project tests/PipeProxy.Simulation -c Release -- replay {current}");
            return 1;
        }

        if (sent - told >= 500_000 || sent >= requests)
        {
            told = sent;
            Console.WriteLine(FormattableString.Invariant($"{sent} requests, seeds {seed} to {current}, {sent / clock.Elapsed.TotalSeconds:F0} per second; the last: {result.Summary}"));
        }
    }

    Console.WriteLine("no promise was broken");
    return 0;
}

static bool Plant(Mistake mistake, ulong first)
{
    for (var seed = first; seed < first + 100; seed++)
    {
        if (SimulationRun.Run(seed, RequestsPerSeed, mistake) is { Violation: { } violation } result)
        {
            Console.WriteLine($"{mistake}: seed {seed} after {result.Requests} requests: {violation}");
            return true;
        }
    }

    Console.WriteLine($"{mistake}: not caught by the seeds from {first} to {first + 99}");
    return false;
}
