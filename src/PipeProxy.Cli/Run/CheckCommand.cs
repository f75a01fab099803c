using System.CommandLine;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary><c>check</c>: everything that <c>run</c> would say of a configuration, without running it.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var options = new HostOptions();
        var command = new ExampleCommand("check", "Read the configuration, its routes and its certificates, and report every error with file, line, column, setting and value.")
        {
            Remarks = ["Exit code: 0 when all is well, 3 when something is refused or a route would answer 522."],
            Examples =
            [
                "pipeproxy check",
                "pipeproxy check --config staging.json --environment-type preview --env-file .env",
                "pipeproxy check --forward https://my-alb.example --mtls-certificate aws-alb-cert",
            ],
        };
        options.AddTo(command);
        command.SetAction(parsed => (int)Check(Terminal.Of(parsed), options.Read(parsed), options.Passphrase(parsed)));
        return command;
    }

    private static ExitCode Check(Terminal terminal, ConfigurationOverrides overrides, StorePassphrase passphrase)
    {
        var host = HostConfiguration.Load(overrides, passphrase);
        ConfigurationReport.Write(terminal, terminal.Output, host.Errors);
        if (host.Errors.Any(static error => error.Severity != ErrorSeverity.Warning))
        {
            terminal.Output.WriteLine(ConfigurationReport.Count(host.Errors));
            terminal.WriteNext("mend them from the top, then run 'pipeproxy check' again.");
            return ExitCode.ConfigurationRefused;
        }

        var config = host.Config!;
        var type = config.EnvironmentType.ToString().ToLowerInvariant();
        terminal.Output.WriteLine($"{terminal.Paint("ok:", Color.Green)} {ConfigurationReport.Plural(config.Routes.Count, "route")}, {ConfigurationReport.Plural(config.Listeners.Count, "listener")}, environment type {type}.");
        terminal.WriteNext("pipeproxy run with the same flags.");
        return ExitCode.Done;
    }
}
