using System.CommandLine;
using System.Security.Cryptography;
using CertificateAuthority;

var root = new RootCommand("""
    Makes certificates for development and tests: authorities, client and server certificates, revocation lists, and certificates that are wrong on purpose.

    Examples:
      # everything that mutual TLS is tried out with, in one folder
      dotnet run --project tools/CertificateAuthority -- demo-set --out certs

      # an authority of one's own, a client and a server under it
      dotnet run --project tools/CertificateAuthority -- create --out ca --name "Example"
      dotnet run --project tools/CertificateAuthority -- issue --ca ca --cn aws-client --key rsa2048 --out certs
      dotnet run --project tools/CertificateAuthority -- issue --ca ca --cn my-alb.example --usage server --dns my-alb.example --out certs

      # a certificate that ended yesterday
      dotnet run --project tools/CertificateAuthority -- issue --ca ca --cn late --not-before -30 --not-after -1 --out certs

      # take a client's certificate back
      dotnet run --project tools/CertificateAuthority -- crl --ca ca --revoke certs/aws-client-cert.pem --out certs/crl.pem

    Keys are written with mode 0600, folders are made with mode 0700.
    """)
{
    DemoSetCommand.Create(),
    CreateCommand.Create(),
    IssueCommand.Create(),
    CrlCommand.Create(),
};

// A value that begins with @ is that value, and no file with more arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
try
{
    int exitCode = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return parsed.Errors.Count > 0 ? 2 : exitCode;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or InvalidOperationException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
