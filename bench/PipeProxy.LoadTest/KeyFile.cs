using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>What can be seen of a private key's file before the runtime reads it: its words do not tell what to do.</summary>
internal static class KeyFile
{
    /// <param name="certificate">The certificate's file.</param>
    /// <param name="key">Null: the key is in the certificate's file, too.</param>
    /// <exception cref="LoadException">There is no key in it that can be used.</exception>
    internal static void Check(string certificate, string? key)
    {
        var file = key ?? certificate;
        var text = InputFile.ReadPem(file);

        // RFC 7468 section 11, and OpenSSL's form before that (RFC 1421 section 4.6.1.1).
        if (text.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal) || text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            throw new LoadException($"The key in '{file}' is encrypted; decrypt it first: openssl pkey -in {file} -out decrypted-key.pem");
        }

        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new LoadException(key is null ? $"'{file}' holds no private key; give --key." : $"--key '{file}' holds no private key.");
        }
    }
}
