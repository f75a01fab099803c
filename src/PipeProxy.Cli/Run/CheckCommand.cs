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
        var online = new Option<bool>("--online") { Description = "Also go the way to every https origin of the routes, as 'diagnose' does: handshake under the route's certificate, then GET /." };
        var command = new ExampleCommand("check", "Read the configuration, its routes and its certificates, and report every error with file, line, column, setting and value.")
        {
            Remarks = ["Exit code: 0 when all is well, 3 when something is refused or a route would answer 522; with --online also when an origin cannot be reached or refuses."],
            Examples =
            [
                "pipeproxy check",
                "pipeproxy check --online",
                "pipeproxy check --config staging.json --environment-type preview --env-file .env",
                "pipeproxy check --forward https://my-alb.example --mtls-certificate aws-alb-cert",
            ],
        };
        options.AddTo(command);
        command.Options.Add(online);
        command.SetAction(async (parsed, _) => (int)await CheckAsync(Terminal.Of(parsed), options.Read(parsed), options.Passphrase(parsed), parsed.GetValue(online)));
        return command;
    }

    private static async Task<ExitCode> CheckAsync(Terminal terminal, ConfigurationOverrides overrides, StorePassphrase passphrase, bool online)
    {
        var host = HostConfiguration.Load(overrides, passphrase);
        ConfigurationReport.Write(terminal, terminal.Output, host.Errors);
        if (host.Errors.Any(static error => error.Severity != ErrorSeverity.Warning))
        {
            return Refuse(terminal, host.Errors, host.NothingGiven ? ConfigurationReport.Begin : Again(online));
        }

        var config = host.Config!;
        if (online)
        {
            var errors = await OnlineCheck.RunAsync(terminal, config, host.Certificates!);
            ConfigurationReport.Write(terminal, terminal.Output, errors);
            if (errors.Any(static error => error.Severity != ErrorSeverity.Warning))
            {
                return Refuse(terminal, [.. host.Errors, .. errors], Again(online));
            }
        }

        var type = config.EnvironmentType.ToString().ToLowerInvariant();
        terminal.Output.WriteLine($"{terminal.Paint("ok:", Color.Green)} {ConfigurationReport.Plural(config.Routes.Count, "route")}, {ConfigurationReport.Plural(config.Listeners.Count, "listener")}, environment type {type}.");
        terminal.WriteNext("pipeproxy run with the same flags.");
        return ExitCode.Done;
    }

    private static string Again(bool online) => $"mend them from the top, then run 'pipeproxy check{(online ? " --online" : "")}' again.";

    private static ExitCode Refuse(Terminal terminal, IReadOnlyList<ConfigurationError> errors, string next)
    {
        terminal.Output.WriteLine(ConfigurationReport.Count(errors));
        terminal.WriteNext(next);
        return ExitCode.ConfigurationRefused;
    }
}
