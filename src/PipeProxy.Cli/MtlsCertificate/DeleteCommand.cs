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
        var force = new Option<bool>("--force") { Description = "Delete it although routes name it; the configuration is then refused until they do not." };
        var command = new ExampleCommand("delete", "Delete a certificate with all its versions and keys.")
        {
            Arguments = { argument },
            Options = { name, config, force },
            Examples = ["pipeproxy mtls-certificate delete --name aws-alb-cert"],
        };
        CertificateOptions.RequireName(command, name, argument);
        command.SetAction(parsed => (int)Delete(parsed, CertificateOptions.ReadName(parsed, name, argument), parsed.GetValue(config), parsed.GetValue(force)));
        return command;
    }

    private static ExitCode Delete(ParseResult parsed, string name, string? config, bool force)
    {
        var terminal = Terminal.Of(parsed);
        var store = CertificateOptions.OpenStore(parsed);
        store.Describe(name);
        var routes = CertificateUsage.Of(CertificateUsage.Find(config), name);
        if (routes.Count > 0 && !force)
        {
            throw new CertificateException($"The certificate '{name}' is named by {string.Join(", ", routes)}.", $"Disable it instead (pipeproxy mtls-certificate disable --name {name}), or add --force.");
        }

        store.Delete(name);
        if (CertificateOptions.WantsJson(parsed))
        {
            CertificateJson.Write(terminal, new ResultJson("deleted") { Name = name });
            return ExitCode.Done;
        }

        terminal.Output.WriteLine($"Deleted {name} from {store.Folder}.");
        terminal.WriteNext("see what is left: pipeproxy mtls-certificate list");
        return ExitCode.Done;
    }
}
