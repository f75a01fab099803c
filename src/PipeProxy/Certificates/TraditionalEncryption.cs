using System.Security.Cryptography;
using System.Text;

namespace PipeProxy.Certificates;

/// <summary>Decrypts a PEM block with <c>Proc-Type: 4,ENCRYPTED</c> (RFC 1421 section 4.6), OpenSSL's form before PKCS#8.</summary>
/// <remarks>Weak (one round of MD5 over the passphrase), yet what <c>openssl rsa -aes256</c> wrote for twenty years. It is read only; the store writes keys in its own form.</remarks>
internal static class TraditionalEncryption
{
    private const string Header = "DEK-Info:";

    // OpenSSL takes the first bytes of the initialisation vector as the salt, EVP_BytesToKey(3).
    private const int SaltBytes = 8;

    /// <summary>Whether the block's cipher is one that <see cref="TryDecrypt"/> knows.</summary>
    public static bool IsKnown(PemBlock block) => TryReadInfo(block, out _, out var keyBytes, out var vector) && keyBytes > 0 && vector.Length >= SaltBytes;

    /// <summary>Decrypts <paramref name="block"/>.</summary>
    /// <param name="block">One that <see cref="IsKnown"/>.</param>
    /// <param name="passphrase">Opens it.</param>
    /// <param name="data">What was in it; with a wrong passphrase about one time in 256 nonsense. Secret, the caller's to overwrite.</param>
    /// <returns>False: the passphrase is wrong, or the data are damaged.</returns>
    public static bool TryDecrypt(PemBlock block, string passphrase, out byte[] data)
    {
        data = [];
        if (block.Data is null || !TryReadInfo(block, out var algorithm, out var keyBytes, out var vector))
        {
            return false;
        }

        var key = DeriveKey(passphrase, vector.AsSpan(0, SaltBytes), keyBytes);
        try
        {
#pragma warning disable CA5350 // Old keys are read, none is written.
            using SymmetricAlgorithm cipher = algorithm.StartsWith("AES", StringComparison.Ordinal) ? Aes.Create() : TripleDES.Create();
#pragma warning restore CA5350
            cipher.Key = key;
            data = cipher.DecryptCbc(block.Data, vector);
            return true;
        }
        catch (CryptographicException)
        {
            // The padding is wrong, or the key is a weak one, which no passphrase gives but by a wrong derivation.
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // DEK-Info: AES-256-CBC,0123456789ABCDEF0123456789ABCDEF
    private static bool TryReadInfo(PemBlock block, out string algorithm, out int keyBytes, out byte[] vector)
    {
        (algorithm, keyBytes, vector) = ("", 0, []);
        var info = block.Headers.FirstOrDefault(static header => header.StartsWith(Header, StringComparison.OrdinalIgnoreCase))?[Header.Length..].Split(',', StringSplitOptions.TrimEntries);
        if (info is not [var name, var hex])
        {
            return false;
        }

        algorithm = name.ToUpperInvariant();
        (keyBytes, var blockBytes) = algorithm switch
        {
            "AES-128-CBC" => (16, 16),
            "AES-192-CBC" => (24, 16),
            "AES-256-CBC" => (32, 16),
            "DES-EDE3-CBC" => (24, 8),
            _ => (0, 0),
        };
        if (keyBytes == 0 || hex.Length != 2 * blockBytes || !hex.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        vector = Convert.FromHexString(hex);
        return true;
    }

    // EVP_BytesToKey with MD5 and one round: D_i = MD5(D_(i-1) || passphrase || salt).
    private static byte[] DeriveKey(string passphrase, ReadOnlySpan<byte> salt, int length)
    {
        var secret = Encoding.UTF8.GetBytes(passphrase);
        var key = new byte[length];
        byte[] digest = [];
        for (var filled = 0; filled < length; filled += digest.Length)
        {
#pragma warning disable CA5351 // That is what the form has.
            digest = MD5.HashData([.. digest, .. secret, .. salt]);
#pragma warning restore CA5351
            digest.AsSpan(0, Math.Min(digest.Length, length - filled)).CopyTo(key.AsSpan(filled));
        }

        CryptographicOperations.ZeroMemory(secret);
        return key;
    }
}
