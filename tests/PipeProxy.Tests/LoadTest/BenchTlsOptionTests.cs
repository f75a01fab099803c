using System.Security.Cryptography;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

public sealed class BenchTlsOptionTests
{
    [Theory]
    [InlineData("--cert", "x.pem", "--key", "y.pem")]
    [InlineData("--trusted-ca", "x.pem")]
    [InlineData("--server-name", "x")]
    [InlineData("--tls", "1.3")]
    [InlineData("--insecure")]
    [InlineData("--rotate-certs")]
    [InlineData("--tls-resume")]
    public async Task WithoutAnHttpsTarget_IsToldToTakeNoEffect(params string[] options)
    {
        options = [.. options.Select(static option => option == "x.pem" ? TestCertificates.Client.CertificatePath : option == "y.pem" ? TestCertificates.Client.KeyPath : option)];
        var warning = $"warning: {string.Join(", ", options.Where(static option => option.StartsWith("--", StringComparison.Ordinal)))} takes no effect: no target is https://.";
        var (_, _, error) = await BenchCommandLineTests.RunAsync(["http://127.0.0.1:1/", "-n", "1", "-c", "1", .. options]);
        Assert.StartsWith(warning, error, StringComparison.Ordinal);
        (_, _, error) = await BenchCommandLineTests.RunAsync(["turns", "a=http://127.0.0.1:1/", "b=http://127.0.0.1:1/", "--rounds", "1", .. options]);
        Assert.StartsWith(warning, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncryptedKey_IsToldWithTheCommandThatDecryptsIt()
    {
        using TemporaryDirectory folder = new();
        using var key = ECDsa.Create();
        var pkcs8 = folder.Write("pkcs8.pem", key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        var traditional = folder.Write("old.pem", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        foreach (var file in new[] { pkcs8, traditional })
        {
            var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["https://127.0.0.1:1/", "--cert", TestCertificates.Client.CertificatePath, "--key", file]);
            Assert.Equal(1, exitCode);
            Assert.Equal($"error: The key in '{file}' is encrypted; decrypt it first: openssl pkey -in {file} -out decrypted-key.pem", error.TrimEnd());
        }
    }

    [Fact]
    public async Task CertificateFileWithoutAKey_AsksForOne()
    {
        var file = TestCertificates.Client.CertificatePath;
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["https://127.0.0.1:1/", "--cert", file]);
        Assert.Equal((1, $"error: '{file}' holds no private key; give --key."), (exitCode, error.TrimEnd()));
    }

    [Theory]
    [InlineData("--trusted-ca")]
    [InlineData("--cert")]
    public async Task FileWithoutEnd_IsRefused(string option)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads /dev/zero.");
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["https://127.0.0.1:1/", option, "/dev/zero"]);
        Assert.Equal((1, "error: '/dev/zero' is larger than 16 MiB."), (exitCode, error.TrimEnd()));
    }
}
