using PipeProxy.Cli;
using PipeProxy.Cli.Output;

return await CommandLine.RunAsync(args, Terminal.OfProcess()).ConfigureAwait(false);
