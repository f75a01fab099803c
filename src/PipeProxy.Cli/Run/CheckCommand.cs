using System.CommandLine;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary><c>pipeproxy check</c>: everything that <c>run</c> would say of a configuration, without running it.</summary>
internal static class CheckCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var options = new HostOptions();
        var command = new Command("check", """
            Read the configuration, its routes and its certificates, and report every error with file, line, column, setting and value.

            Examples:
              pipeproxy check
              pipeproxy check --config staging.json --environment-type preview --env-file .env

            Exit code: 0 when all is well, 3 when something is refused or a route would answer 522.
            """);
        options.AddTo(command);
        command.SetAction(result => Run(options.Read(result), options.PassphraseFile(result), result.InvocationConfiguration.Output));
        return command;
    }

    private static int Run(ConfigurationOverrides overrides, string? passphraseFile, TextWriter output)
    {
        var loaded = HostConfiguration.Load(overrides, passphraseFile);
        ConfigurationReport.Write(output, loaded.Errors);
        if (loaded.Errors.Any(static error => error.Severity != ErrorSeverity.Warning))
        {
            output.WriteLine($"{ConfigurationReport.Count(loaded.Errors)}. Mend them and run 'pipeproxy check' again.");
            return ExitCodes.ConfigurationRefused;
        }

        var config = loaded.Config!;
        output.WriteLine($"ok: {config.Routes.Count} routes, {config.Listeners.Count} listeners, environment type {config.EnvironmentType.ToString().ToLowerInvariant()}. Next: pipeproxy run with the same flags.");
        return ExitCodes.Done;
    }
}
