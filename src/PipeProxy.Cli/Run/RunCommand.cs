using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PipeProxy.Cli.Output;
using PipeProxy.Transport;

namespace PipeProxy.Cli.Run;

/// <summary><c>pipeproxy run</c>: hosts a <see cref="ReverseProxy"/> until it is told to stop.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var options = new HostOptions();
        var transport = new Option<string?>("--transport") { Description = "How sockets are driven: epoll (Linux; the default there) or sockets (everywhere).", HelpName = "NAME" };
        transport.AcceptOnly("epoll", "sockets");
        var loops = new Option<int>("--loops") { Description = "Event loops, each one thread. Default: one per processor.", HelpName = "N", CustomParser = ReadLoops };
        var allowRoot = new Option<bool>("--allow-root") { Description = "Do not warn when run as root." };
        var command = new ExampleCommand("run", "Run the proxy until SIGTERM or Ctrl-C. Prints 'listening on URL' for each listener once it takes connections.")
        {
            Remarks =
            [
                "SIGTERM and Ctrl-C drain and exit 0; a second one ends at once. SIGHUP reloads; changed files are noticed by themselves.",
                "Exit codes: 0 stopped, 1 failed (an address in use, for one), 2 usage, 3 configuration refused.",
            ],
            Examples =
            [
                "pipeproxy run",
                "pipeproxy run --forward https://my-alb.example --mtls-certificate aws-alb-cert --listen http://127.0.0.1:8080",
                "pipeproxy run --config pipeproxy.json --environment-type production --access-log -",
            ],
        };
        options.AddTo(command);
        command.Options.Add(transport);
        command.Options.Add(loops);
        command.Options.Add(allowRoot);
        command.SetAction(async (result, _) =>
        {
            var terminal = Terminal.Of(result);
            if (OpenFiles.Problem(result.GetValue(loops)) is { } problem)
            {
                terminal.WriteError(problem, OpenFiles.Next);
                return (int)ExitCode.Failed;
            }

            using var host = new ProxyHost(terminal, options.Read(result), options.Passphrase(result), result.GetValue(loops), TransportOf(result.GetValue(transport)));
            if (!result.GetValue(allowRoot) && Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
            {
                terminal.WriteWarning("running as root. A proxy needs no privilege above port 1023; --allow-root silences this.");
            }

            return (int)await host.RunAsync();
        });
        return command;
    }

    private static int ReadLoops(ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
        {
            return count;
        }

        result.AddError($"--loops takes a whole number from 1, not '{result.Tokens[0].Value}'.");
        return 0;
    }

    private static TransportKind TransportOf(string? name) => name switch
    {
        "epoll" => TransportKind.Epoll,
        "sockets" => TransportKind.Sockets,
        _ => TransportKind.Default,
    };
}
