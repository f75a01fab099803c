using System.CommandLine;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>delete</c>: a name with all its versions and keys.</summary>
internal static class DeleteCommand
{
    public static Command Create()
    {
        var name = CertificateOptions.Name("The certificate.", required: false);
        var argument = CertificateOptions.NameArgument();
        var config = CertificateOptions.Config();
        var force = new Option<bool>("--force") { Description = "Delete it although routes of the configuration name it; never while a running proxy presents it." };
        var command = new ExampleCommand("delete", "Delete a certificate with all its versions and keys.")
        {
            Arguments = { argument },
            Options = { name, config, force },
            Examples = ["pipeproxy mtls-certificate delete --name aws-alb-cert"],
        };
        CertificateOptions.RequireName(command, name, argument);
        command.SetAction(async (parsed, cancellationToken) => (int)await DeleteAsync(parsed, CertificateOptions.ReadName(parsed, name, argument), parsed.GetValue(config), parsed.GetValue(force), cancellationToken));
        return command;
    }

    private static async Task<ExitCode> DeleteAsync(ParseResult parsed, string name, string? config, bool force, CancellationToken cancellationToken)
    {
        var terminal = Terminal.Of(parsed);
        var store = CertificateOptions.OpenStore(parsed);
        store.Describe(name);
        foreach (var proxy in await RunningProxies.UsageAsync(store, name, cancellationToken))
        {
            if (proxy.Routes is { Count: > 0 } named && proxy.Problem is not null)
            {
                throw new CertificateException(
                    $"The certificate '{name}' is not presented now, but the running proxy {proxy.Process} has it in {string.Join(", ", named)}.",
                    "Take it out of these routes first: without it the configuration could not be loaded again.");
            }

            if (proxy.Routes is { Count: > 0 } inUse)
            {
                throw new CertificateException(
                    $"The certificate '{name}' is in use: the running proxy {proxy.Process} presents it for {string.Join(", ", inUse)}.",
                    $"Disable it instead (pipeproxy mtls-certificate disable --name {name}), or take it out of these routes first.");
            }

            if (proxy.Error is { } error && !force)
            {
                throw new CertificateException($"Whether the certificate '{name}' is in use cannot be told: the proxy {proxy.Process} gave no answer ({error}).", "Stop that proxy, or add --force.");
            }
        }

        var routes = CertificateUsage.Of(CertificateUsage.Find(config), name);
        if (routes.Count > 0 && !force)
        {
            throw new CertificateException($"The certificate '{name}' is named by {string.Join(", ", routes)}.", $"Disable it instead (pipeproxy mtls-certificate disable --name {name}), or add --force.");
        }

        store.Delete(name);
        var proxies = await RunningProxies.SettleAsync(store, name, cancellationToken);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson("deleted") { Name = name, Proxies = RunningProxies.Json(proxies, null) });
            return ExitCode.Done;
        }

        terminal.Output.WriteLine($"Deleted {name} from {store.Folder}.");
        RunningProxies.WriteSwitch(terminal, proxies);
        terminal.WriteNext("see what is left: pipeproxy mtls-certificate list");
        return ExitCode.Done;
    }
}
