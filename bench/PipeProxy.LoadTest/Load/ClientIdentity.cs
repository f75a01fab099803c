using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.LoadTest.Load;

/// <summary>A client certificate with its chain and key, ready to be presented.</summary>
internal sealed record ClientIdentity(string Name, SslStreamCertificateContext Context)
{
    /// <summary>Reads PEM files.</summary>
    /// <param name="certificateFile">Leaf first, then intermediates.</param>
    /// <param name="keyFile">Null: the key is in the certificate's file, too.</param>
    /// <exception cref="LoadException">It cannot be read, or the key does not belong to it.</exception>
    internal static ClientIdentity Read(string certificateFile, string? keyFile)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPemFile(certificateFile, keyFile ?? certificateFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return new ClientIdentity(certificateFile, SslStreamCertificateContext.Create(leaf, chain, offline: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new LoadException($"The client certificate '{certificateFile}' with the key '{keyFile ?? certificateFile}' cannot be used: {e.Message}");
        }
    }
}
