using System.CommandLine;
using System.Security.Cryptography.X509Certificates;

namespace CertificateAuthority;

/// <summary><c>crl</c>: a revocation list.</summary>
internal static class CrlCommand
{
    public static Command Create()
    {
        var authority = CommandOptions.Authority();
        var revoke = new Option<string[]>("--revoke") { Description = "A certificate file to revoke; may be given several times. None: an empty list." };
        var output = new Option<string>("--out") { Required = true, Description = "The file to write." };
        var command = new Command("crl", "Write a certificate revocation list, valid for a week.") { authority, revoke, output };
        command.SetAction(parsed =>
        {
            List<string> serialNumbers = [];
            foreach (string file in parsed.GetValue(revoke) ?? [])
            {
                using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
                serialNumbers.Add(certificate.SerialNumber);
            }

            string path = Path.GetFullPath(parsed.GetRequiredValue(output));
            File.WriteAllText(path, AuthorityFolder.Read(parsed.GetRequiredValue(authority)).CreateCrl(serialNumbers));
            Console.WriteLine($"{path}: {serialNumbers.Count} revoked");
        });
        return command;
    }
}
