namespace PipeProxy.Certificates;

/// <summary>The bytes of one file that should hold a certificate or a key.</summary>
internal static class CertificateFile
{
    // An ALB takes TLS messages up to 64 KiB; a longer file is something else altogether.
    private const int MaxBytes = 1024 * 1024;

    /// <summary>All of it, or null and a finding that says why not.</summary>
    /// <param name="path">What is opened.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="findings">Receives the finding.</param>
    public static byte[]? Read(string path, string name, ICollection<CertificateFinding> findings)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new byte[MaxBytes + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                findings.Add(CertificateFinding.Error("file-size", $"{name} is longer than 1 MiB, which no certificate or key is.", "Check that the right file was named."));
                return null;
            }

            return buffer[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            findings.Add(CertificateFinding.Error("file-unreadable", $"{name} cannot be read: {Reason(e, path)}.", "Check the path and the file's permissions."));
            return null;
        }
    }

    private static string Reason(Exception e, string path) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => Directory.Exists(path) ? "it is a directory" : "permission denied",
        _ => "an input error occurred",
    };
}
