using System.CommandLine;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary><c>pipeproxy mtls-certificate</c>: the client certificates that routes present to their origins.</summary>
internal static class MtlsCertificateCommand
{
    public static Command Create()
    {
        var command = new ExampleCommand("mtls-certificate", "Manage the client certificates that routes present to their origins.")
        {
            Subcommands =
        {
            CreateCommand.Create(),
            ListCommand.Create(),
            DescribeCommand.Create(),
            UpdateCommand.Create(),
            SwitchCommand.Create(enable: true),
            SwitchCommand.Create(enable: false),
            DeleteCommand.Create(),
            LintCommand.Create(),
        },
            Examples =
        [
            "pipeproxy mtls-certificate create --name aws-alb-cert --cert client-cert.pem --key client-key.pem --environment-type production",
            "pipeproxy mtls-certificate list",
            "pipeproxy mtls-certificate update --name aws-alb-cert --cert new-cert.pem --key new-key.pem",
        ],
        };
        foreach (var option in CertificateOptions.OfGroup())
        {
            command.Options.Add(option);
        }

        return command;
    }
}
