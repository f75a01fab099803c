using System.CommandLine;
using System.Net;

namespace CertificateAuthority;

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
