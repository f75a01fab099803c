using System.CommandLine;

namespace CertificateAuthority;

/// <summary><c>demo-set</c>: the folder that examples start from.</summary>
internal static class DemoSetCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Required = true, Description = "Folder to write to; made when it is not there." };
        var name = new Option<string>("--name") { DefaultValueFactory = _ => "PipeProxy", Description = "Base of the subjects' names." };
        var command = new Command("demo-set", "Write a root, an intermediate, good client and server certificates, bad ones of every kind, and a CRL.") { output, name };
        command.SetAction(parsed =>
        {
            string directory = parsed.GetRequiredValue(output);
            var written = DemoSet.Write(directory, parsed.GetRequiredValue(name));
            int width = written.Max(entry => entry.Files.Length);
            foreach (var (files, purpose) in written)
            {
                Console.WriteLine($"{files.PadRight(width)}  {purpose}");
            }

            Console.WriteLine($"""

                Next, a load balancer that trusts the root:
                  dotnet run --project tools/AlbSimulator -- --listen https://127.0.0.1:8443 --trust-store {directory}/root-cert.pem --certificate {directory}/server-cert.pem --key {directory}/server-key.pem
                """);
        });
        return command;
    }
}
