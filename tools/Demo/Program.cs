using System.Runtime.InteropServices;
using Demo;

var terminal = new Terminal(Console.Out, !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null);
if (args is not ([] or ["--stay"]))
{
    Console.Error.WriteLine("""
        Shows PipeProxy at work: makes an authority, starts simulated load balancers and the proxy, sends requests and says what happens.

          dotnet run --project tools/Demo -c Release             ends by itself
          dotnet run --project tools/Demo -c Release -- --stay   afterwards everything stays up for your own requests, until Ctrl-C
        """);
    return 2;
}

using var end = new CancellationTokenSource();
void End(PosixSignalContext context)
{
    context.Cancel = true;
    end.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

try
{
    await new Story(terminal, stay: args.Length == 1).TellAsync(end.Token).ConfigureAwait(false);
    return 0;
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    terminal.Line();
    terminal.Line("  Ended before its end. Nothing was left behind.");
    return 130;
}
catch (UnexpectedException e)
{
    terminal.Line();
    terminal.Failure(e);
    return 1;
}
