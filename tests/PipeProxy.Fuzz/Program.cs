using System.Globalization;
using PipeProxy.Fuzz;
using SharpFuzz;

const string Usage = """
    PipeProxy.Fuzz run [TARGET|all] [EXECUTIONS] [SEED]   mutates the wire vectors; 0, or 1 with the input that breaks a promise
    PipeProxy.Fuzz corpus TARGET FOLDER                    writes the wire vectors as files, for afl-fuzz
    PipeProxy.Fuzz replay TARGET FILE...                   runs files
    PipeProxy.Fuzz afl TARGET                              what afl-fuzz starts; see afl.sh

    TARGET is request, response or chunked.
    """;

switch (args)
{
    case ["run", ..]:
        var executions = args.Length > 2 ? long.Parse(args[2], CultureInfo.InvariantCulture) : 200_000;
        var seed = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : Environment.TickCount;
        var chosen = args.Length > 1 && args[1] != "all" ? [Named(args[1], isThorough: false)] : FuzzTarget.All(isThorough: false);
        return chosen.All(target => SeededRun.Run(target, seed, executions)) ? 0 : 1;
    case ["corpus", var name, var folder]:
        Directory.CreateDirectory(folder);
        foreach (var (index, input) in Named(name).Seeds.Index())
        {
            File.WriteAllBytes(Path.Combine(folder, $"{name}-{index:D3}"), input);
        }

        return 0;
    case ["replay", var name, .. var files]:
        foreach (var file in files)
        {
            Named(name).Run(File.ReadAllBytes(file));
        }

        Console.WriteLine($"{files.Length} inputs, none broke a promise");
        return 0;
    case ["afl", var name]:
        // The target, too, runs instrumented code: not before the fuzzer's shared memory is there.
        FuzzTarget? fuzzed = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            fuzzed ??= Named(name);
            using var input = new MemoryStream();
            stream.CopyTo(input);
            fuzzed.Run(input.ToArray());
        });
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static FuzzTarget Named(string name, bool isThorough = true) => FuzzTarget.All(isThorough).First(target => target.Name == name);
