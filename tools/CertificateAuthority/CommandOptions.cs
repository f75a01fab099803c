using System.CommandLine;

namespace CertificateAuthority;

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    public static Option<string> Authority() => new("--ca") { Required = true, Description = "Folder of the authority, as create or demo-set wrote it." };

    public static Option<KeyKind> Key() => new("--key")
    {
        DefaultValueFactory = _ => KeyKind.EcdsaP256,
        Description = "Key: rsa1024, rsa2048, rsa3072, rsa4096, ecdsaP256, ecdsaP384 or ecdsaP521.",
    };
}
