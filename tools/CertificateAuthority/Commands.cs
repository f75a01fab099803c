using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;

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

/// <summary><c>issue</c>: one certificate, good or wrong on purpose.</summary>
internal static class IssueCommand
{
    public static Command Create()
    {
        var authority = CommandOptions.Authority();
        var commonName = new Option<string>("--cn") { Required = true, Description = "Common name, or a whole name such as \"CN=client,O=Example\"." };
        var output = new Option<string>("--out") { DefaultValueFactory = _ => ".", Description = "Folder to write to." };
        var name = new Option<string?>("--name") { Description = "Base of the file names: NAME-cert.pem and NAME-key.pem. Default: the common name." };
        var usage = new Option<string>("--usage") { DefaultValueFactory = _ => "client", Description = "Extended key usage." };
        usage.AcceptOnlyFromAmong("client", "server", "both", "code-signing", "none");
        var dns = new Option<string[]>("--dns") { Description = "DNS name; may be given several times." };
        var ip = new Option<IPAddress[]>("--ip")
        {
            Description = "IP address; may be given several times.",
            CustomParser = result => [.. result.Tokens.Select(token => IPAddress.Parse(token.Value))],
        };
        var key = CommandOptions.Key();
        var notBefore = new Option<double>("--not-before") { Description = "Begin, in days from now.", DefaultValueFactory = _ => 0 };
        var notAfter = new Option<double>("--not-after") { Description = "End, in days from now.", DefaultValueFactory = _ => 365 };
        var intermediates = new Option<int>("--intermediates") { Description = "Put this many further intermediates between." };
        var format = new Option<KeyFormat>("--key-format") { Description = "pkcs8 (default), pkcs1 (RSA) or sec1 (ECDSA)." };
        var passphraseFile = new Option<string?>("--passphrase-file") { Description = "Encrypt the key (PKCS#8, AES-256) with the first line of this file." };
        var sha1 = new Option<bool>("--sha1") { Description = "Sign with SHA-1, which peers refuse." };
        var command = new Command("issue", "Issue one certificate.")
        {
            authority, commonName, output, name, usage, dns, ip, key, notBefore, notAfter, intermediates, format, passphraseFile, sha1,
        };
        command.SetAction(parsed =>
        {
            string subject = parsed.GetRequiredValue(commonName);
            var now = DateTimeOffset.UtcNow;
            var issuer = AuthorityFolder.Read(parsed.GetRequiredValue(authority)).CreateIntermediates(parsed.GetValue(intermediates));
            var issued = issuer.Issue(new LeafOptions
            {
                Subject = subject,
                DnsNames = parsed.GetValue(dns) ?? [],
                IpAddresses = parsed.GetValue(ip) ?? [],
                Key = parsed.GetValue(key),
                NotBefore = now.AddDays(parsed.GetValue(notBefore)),
                NotAfter = now.AddDays(parsed.GetValue(notAfter)),
                Usage = UsageOf(parsed.GetRequiredValue(usage)),
                SignatureHash = parsed.GetValue(sha1) ? SignatureHash.Sha1 : SignatureHash.Sha256,
            });
            string? passphrase = parsed.GetValue(passphraseFile) is { } file ? File.ReadLines(file).First() : null;
            var files = issued.WriteTo(parsed.GetRequiredValue(output), parsed.GetValue(name) ?? FileNameOf(subject), parsed.GetValue(format), passphrase);
            Console.WriteLine($"certificate    {files.CertificatePath}");
            Console.WriteLine($"key            {files.KeyPath}");
            Console.WriteLine($"subject        {issued.Subject}");
            Console.WriteLine($"serial number  {issued.SerialNumber}");
            Console.WriteLine($"valid          {issued.NotBefore:u} to {issued.NotAfter:u}");
        });
        return command;
    }

    private static LeafUsage UsageOf(string word) => word switch
    {
        "server" => LeafUsage.ServerAuth,
        "both" => LeafUsage.ClientAndServerAuth,
        "code-signing" => LeafUsage.CodeSigning,
        "none" => LeafUsage.Unrestricted,
        _ => LeafUsage.ClientAuth,
    };

    private static string FileNameOf(string subject) =>
        string.Concat(subject.Split(',')[0].Replace("CN=", "", StringComparison.OrdinalIgnoreCase).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-'));
}

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

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    public static Option<string> Authority() => new("--ca") { Required = true, Description = "Folder of the authority, as create or demo-set wrote it." };

    public static Option<KeyKind> Key() => new("--key")
    {
        DefaultValueFactory = _ => KeyKind.EcdsaP256,
        Description = "Key: rsa1024, rsa2048, rsa3072, rsa4096, ecdsaP256, ecdsaP384 or ecdsaP521.",
    };
}
