using System.CommandLine;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>enable</c> and <c>disable</c>: whether a certificate may be presented at all.</summary>
internal static class SwitchCommand
{
    public static Command Create(bool enable)
    {
        var verb = enable ? "enable" : "disable";
        var name = CertificateOptions.Name("The certificate.", required: false);
        var argument = CertificateOptions.NameArgument();
        var command = new ExampleCommand(verb, enable ? "Allow a disabled certificate to be presented again." : "Stop presenting a certificate without deleting it; its routes answer 522.")
        {
            Arguments = { argument },
            Options = { name },
            Examples = [$"pipeproxy mtls-certificate {verb} --name aws-alb-cert"],
        };
        CertificateOptions.RequireName(command, name, argument);
        command.SetAction(async (parsed, cancellationToken) => (int)await SwitchAsync(parsed, CertificateOptions.ReadName(parsed, name, argument), enable, cancellationToken));
        return command;
    }

    private static async Task<ExitCode> SwitchAsync(ParseResult parsed, string name, bool enable, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Of(parsed);
        var store = CertificateOptions.OpenStore(parsed);
        var changed = store.SetEnabled(name, enable);
        var state = enable ? "enabled" : "disabled";
        var proxies = await RunningProxies.SettleAsync(store, name, cancellationToken);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson(changed ? state : "unchanged") { Certificate = CertificateJson.Entry(store.Describe(name), [], terminal.Time.GetUtcNow()), Proxies = RunningProxies.Json(proxies, null) });
            return RunningProxies.IsUndecided(proxies) ? ExitCode.Failed : ExitCode.Done;
        }

        terminal.Output.WriteLine(changed ? $"{name} is now {state}." : $"{name} was {state} already.");
        RunningProxies.WriteSwitch(terminal, proxies);
        if (RunningProxies.WriteUndecided(terminal, proxies, name))
        {
            return ExitCode.Failed;
        }

        terminal.WriteNext(enable ? "see it with 'pipeproxy mtls-certificate list'." : $"switch it on again: pipeproxy mtls-certificate enable --name {name}");
        return ExitCode.Done;
    }
}
