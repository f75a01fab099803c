namespace CertificateAuthority;

/// <summary>An authority on disk: <c>root-cert.pem</c>, <c>root-key.pem</c>, and the same two for an intermediate below it.</summary>
public static class AuthorityFolder
{
    private const string RootName = "root";
    private const string IntermediateName = "intermediate";

    /// <summary>Stores <paramref name="authority"/>, a root or an intermediate directly below one.</summary>
    public static void Write(string directory, Authority authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        WriteOne(directory, RootName, authority.Root);
        if (!ReferenceEquals(authority, authority.Root))
        {
            WriteOne(directory, IntermediateName, authority);
        }
    }

    /// <summary>The intermediate of the folder, or its root when there is none: the one that issues leaves.</summary>
    public static Authority Read(string directory)
    {
        var root = ReadOne(directory, RootName, issuer: null);
        return File.Exists(Path.Combine(directory, $"{IntermediateName}-cert.pem")) ? ReadOne(directory, IntermediateName, root) : root;
    }

    private static void WriteOne(string directory, string name, Authority authority)
    {
        PrivateFile.Write(directory, $"{name}-cert.pem", authority.CertificatePem);
        PrivateFile.Write(directory, $"{name}-key.pem", authority.PrivateKeyPem);
    }

    private static Authority ReadOne(string directory, string name, Authority? issuer) => Authority.FromPem(
        File.ReadAllText(Path.Combine(directory, $"{name}-cert.pem")), File.ReadAllText(Path.Combine(directory, $"{name}-key.pem")), issuer);
}
