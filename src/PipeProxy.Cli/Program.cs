using System.CommandLine;
using PipeProxy.Cli.Run;

var root = new RootCommand("PipeProxy") { RunCommand.Create(), CheckCommand.Create() };
return root.Parse(args).Invoke();
