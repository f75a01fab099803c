namespace PipeProxy.Testing;

/// <summary>A PKCS#11 token of SoftHSM in a folder of its own, with one private key in it, and how programs find it.</summary>
public sealed class SoftToken : IDisposable
{
    /// <summary>The token's user PIN.</summary>
    public const string Pin = "73512";

    private const string Label = "pipeproxy";

    private static readonly string[] Modules =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

    private readonly TemporaryDirectory _folder;

    private SoftToken(TemporaryDirectory folder, string module)
    {
        _folder = folder;
        Module = module;
    }

    /// <summary>SoftHSM's library.</summary>
    public string Module { get; }

    /// <summary>The key's URI, without the PIN.</summary>
    public static string Uri { get; } = UriOf(Label, "client");

    /// <summary>What a program's environment needs to find the token.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["SOFTHSM2_CONF"] = _folder.Combine("softhsm2.conf") };

    /// <summary>Makes a token and puts the certificate's key into it; skips the test, or fails it in CI, where SoftHSM or OpenSSL's engine is missing.</summary>
    public static async Task<SoftToken> CreateAsync(TestCertificate certificate)
    {
        string tool = Peers.Require("softhsm2-util");
        string? module = Modules.FirstOrDefault(File.Exists);
        if (module is null || !HasEngine())
        {
            Peers.Miss(module is null ? "libsofthsm2.so" : "libengine-pkcs11-openssl", Peers.MustBePresent);
        }

        SoftToken token = new(new TemporaryDirectory(), module!);
        try
        {
            Directory.CreateDirectory(token._folder.Combine("tokens"));
            token._folder.Write("softhsm2.conf", $"directories.tokendir = {token._folder.Combine("tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n");
            await token.RunAsync(tool, "--init-token", "--free", "--label", Label, "--pin", Pin, "--so-pin", "24680");
            await token.RunAsync(tool, "--import", certificate.KeyPath, "--token", Label, "--label", "client", "--id", "01", "--pin", Pin);
            return token;
        }
        catch
        {
            token.Dispose();
            throw;
        }
    }

    /// <summary>The URI of a key that need not be there.</summary>
    public static string UriOf(string token, string label) => $"pkcs11:token={token};object={label};type=private";

    /// <summary>Deletes the token.</summary>
    public void Dispose() => _folder.Dispose();

    private static bool HasEngine() => Directory.Exists("/usr/lib") && Directory.EnumerateFiles("/usr/lib", "pkcs11.so", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any(static file => file.Contains("engines-3", StringComparison.Ordinal));

    private async Task RunAsync(string tool, params string[] arguments)
    {
        await using TestProcess run = await TestProcess.RunAsync(tool, arguments, _folder.Path, Environment);
        if (await run.WaitForExitAsync() != 0)
        {
            throw new InvalidOperationException($"{tool} failed:\n{run.Transcript}");
        }
    }
}
