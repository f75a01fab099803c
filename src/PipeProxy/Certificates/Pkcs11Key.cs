using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>A private key that lies in a token (PKCS#11) and never leaves it: handshakes have the token sign.</summary>
internal static class Pkcs11Key
{
    /// <summary>Joins <paramref name="leaf"/> with the key that <paramref name="token"/> names, or returns null and a finding that says why not.</summary>
    /// <param name="token">Where the key is.</param>
    /// <param name="leaf">The certificate that it should belong to.</param>
    /// <param name="pin">Logs in to the token; never in a finding.</param>
    /// <param name="findings">Receives the finding.</param>
    public static X509Certificate2? Join(CertificateLocation.Token token, X509Certificate2 leaf, string? pin, ICollection<CertificateFinding> findings)
    {
        var failure = OpenSslEngine.TryOpen(token.Key, token.Module, pin, out var handle, out var reasons);
        if (failure != OpenSslEngine.Failure.None || !OperatingSystem.IsLinux())
        {
            findings.Add(Explain(failure, token, pin, reasons));
            return null;
        }

        using (handle)
        {
            AsymmetricAlgorithm? key = null;
            try
            {
                key = leaf.PublicKey.Oid.Value == PrivateKeyBlock.EcPublicKey ? new ECDsaOpenSsl(handle!) : new RSAOpenSsl(handle!);
                if (PrivateKeyBlock.Matches(leaf, key))
                {
                    return key is RSA rsa ? leaf.CopyWithPrivateKey(rsa) : leaf.CopyWithPrivateKey((ECDsa)key);
                }
            }
            catch (CryptographicException)
            {
                // A key of another kind than the certificate's.
            }
            finally
            {
                key?.Dispose();
            }
        }

        findings.Add(CertificateFinding.Error("key-mismatch", $"The key {token.Key} does not belong to the certificate in {token.Certificate} ({leaf.Subject}).", "Name the key by its object or id, or the certificate that was issued for it."));
        return null;
    }

    private static CertificateFinding Explain(OpenSslEngine.Failure failure, CertificateLocation.Token token, string? pin, IReadOnlyList<string> reasons)
    {
        bool Says(string text) => reasons.Any(reason => reason.Contains(text, StringComparison.OrdinalIgnoreCase));
        var module = token.Module ?? "that PKCS11_MODULE_PATH or the engine's default names";
        return failure switch
        {
            OpenSslEngine.Failure.NoOpenSsl => CertificateFinding.Error("pkcs11-openssl", "A key in a token needs Linux and OpenSSL 3 with its engines, which are not here.", "Use a key in a file, or another build of OpenSSL."),
            OpenSslEngine.Failure.NoEngine => CertificateFinding.Error("pkcs11-engine", "OpenSSL's engine 'pkcs11' is not installed.", "Install it (Debian: libengine-pkcs11-openssl, Fedora: openssl-pkcs11)."),
            OpenSslEngine.Failure.OtherModule => CertificateFinding.Error("pkcs11-module", $"Another PKCS#11 module than {module} is in use, and a process has one.", "Name the same module for all keys, such as p11-kit-proxy.so, or restart after a change."),
            _ when Says("PIN locked") => CertificateFinding.Error("pkcs11-pin", "The token's PIN is locked.", "Have the token's security officer unlock it."),
            _ when Says("PIN") => CertificateFinding.Error("pkcs11-pin", "The token refuses the PIN.", "Correct it before the next attempt; a token locks itself after a few."),
            _ when Says("load PKCS#11 module") => CertificateFinding.Error("pkcs11-module", $"The PKCS#11 module {module} cannot be loaded.", "Name your token's library as module."),
            _ when Says("invalid id") => CertificateFinding.Error("pkcs11-uri", $"{token.Key} is not a PKCS#11 URI.", "Write it as RFC 7512 has it: pkcs11:token=LABEL;object=LABEL;type=private."),
            _ when Says("object not found") && pin is null => CertificateFinding.Error("pkcs11-missing", $"No private key was found by {token.Key}; no PIN was given, and most tokens show their private keys after a login only.", "Name the file that holds the PIN as pinFile, or a variable: \"pin\": \"$env(NAME)\"."),
            _ when Says("object not found") => CertificateFinding.Error("pkcs11-missing", $"There is no token, or no private key in it, that {token.Key} describes.", "See what there is: pkcs11-tool --module LIBRARY --login --list-objects."),
            _ => CertificateFinding.Error("pkcs11-failed", $"The token did not give the key {token.Key}: {string.Join("; ", reasons)}.", "See what there is: pkcs11-tool --module LIBRARY --login --list-objects."),
        };
    }
}
