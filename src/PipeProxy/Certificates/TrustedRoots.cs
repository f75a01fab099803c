using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <summary>Reads the file whose certificates stand in place of the system's roots when origins are verified.</summary>
public static class TrustedRoots
{
    /// <summary>All certificates of a PEM file; at least one.</summary>
    /// <exception cref="CertificateException">It cannot be read, or holds none.</exception>
    public static X509Certificate2Collection Read(string file)
        => TryRead(file, out var problem) ?? throw new CertificateException($"The file of trusted certificates {file} {problem.TrimEnd('.')}.", "Name a PEM file with the certificate of the CA that issued the origin's certificate.");

    /// <summary>The certificates, or null and a clause that says what is wrong with the file.</summary>
    internal static X509Certificate2Collection? TryRead(string file, out string problem)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            problem = "holds no PEM certificate (-----BEGIN CERTIFICATE-----)";
            return roots.Count > 0 ? roots : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            problem = $"cannot be read: {e.Message}";
            return null;
        }
    }
}
