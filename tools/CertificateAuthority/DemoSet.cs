namespace CertificateAuthority;

/// <summary>One folder with everything that mutual TLS is tried out with: good certificates and deliberately bad ones.</summary>
public static class DemoSet
{
    /// <summary>Writes the set and returns what each file pair is for, in the order written.</summary>
    /// <param name="directory">Made when it is not there; files of these names are replaced.</param>
    /// <param name="name">The base of the names: subjects are "NAME client RSA" and the like.</param>
    public static IReadOnlyList<(string Files, string Purpose)> Write(string directory, string name = "PipeProxy")
    {
        var root = Authority.CreateRoot($"{name} root");
        var intermediate = root.CreateIntermediate($"{name} intermediate");
        AuthorityFolder.Write(directory, intermediate);
        List<(string Files, string Purpose)> written =
        [
            ("root-cert.pem", "the root: trust store of servers, and --trusted-ca of clients"),
            ("intermediate-cert.pem", "the intermediate that issues the leaves"),
        ];

        void Add(string files, Authority authority, LeafOptions options, string purpose)
        {
            authority.Issue(options).WriteTo(directory, files);
            written.Add(($"{files}-cert.pem, {files}-key.pem", purpose));
        }

        Add("client-rsa", intermediate, LeafOptions.Client($"{name} client RSA", KeyKind.Rsa2048), "a good client, RSA-2048");
        Add("client-ecdsa", intermediate, LeafOptions.Client($"{name} client ECDSA"), "a good client, ECDSA P-256");
        Add("server", intermediate, LeafOptions.Server(KeyKind.Rsa2048), "a server for localhost, 127.0.0.1 and ::1");
        Add("expired", intermediate, LeafOptions.Expired($"{name} expired"), "a client that ended yesterday");
        Add("not-yet-valid", intermediate, LeafOptions.NotYetValid($"{name} not yet valid"), "a client that begins tomorrow");
        Add("wrong-eku", intermediate, LeafOptions.WrongPurpose($"{name} wrong purpose"), "a certificate for code signing only");
        Add("deep-chain", intermediate.CreateIntermediates(4, $"{name} deep intermediate"), LeafOptions.Client($"{name} deep chain"), "a client under five intermediates; an ALB takes a depth of four");
        Add("unknown-ca", Authority.CreateRoot($"{name} unknown root"), LeafOptions.Client($"{name} unknown"), "a client whose root no server trusts");

        var revoked = intermediate.IssueClient($"{name} revoked");
        revoked.WriteTo(directory, "revoked");
        written.Add(("revoked-cert.pem, revoked-key.pem", "a client that crl.pem revokes"));
        PrivateFile.Write(directory, "crl.pem", intermediate.CreateCrl(revoked));
        written.Add(("crl.pem", "the intermediate's revocation list"));
        return written;
    }
}
