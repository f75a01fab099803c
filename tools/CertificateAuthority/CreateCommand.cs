using System.CommandLine;

namespace CertificateAuthority;

/// <summary><c>create</c>: a root and an intermediate in a folder, for <c>issue</c>.</summary>
internal static class CreateCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Required = true, Description = "Folder of the authority; made when it is not there." };
        var name = new Option<string>("--name") { DefaultValueFactory = _ => "PipeProxy", Description = "Base of the subjects' names." };
        var key = CommandOptions.Key();
        var rootOnly = new Option<bool>("--root-only") { Description = "No intermediate: the root issues leaves itself." };
        var command = new Command("create", "Create an authority: a root and an intermediate below it.") { output, name, key, rootOnly };
        command.SetAction(parsed =>
        {
            string directory = parsed.GetRequiredValue(output);
            if (File.Exists(Path.Combine(directory, "root-key.pem")))
            {
                Console.Error.WriteLine($"{directory} already holds an authority. Choose another folder with --out.");
                return 1;
            }

            var kind = parsed.GetValue(key);
            string baseName = parsed.GetRequiredValue(name);
            var root = Authority.CreateRoot($"{baseName} root", kind);
            AuthorityFolder.Write(directory, parsed.GetValue(rootOnly) ? root : root.CreateIntermediate($"{baseName} intermediate", kind));
            Console.WriteLine($"authority in {Path.GetFullPath(directory)}; its trust anchor is root-cert.pem");
            Console.WriteLine($"next: dotnet run --project tools/CertificateAuthority -- issue --ca {directory} --cn my-client --out .");
            return 0;
        });
        return command;
    }
}
