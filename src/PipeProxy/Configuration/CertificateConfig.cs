namespace PipeProxy.Configuration;

/// <summary>A client certificate that the configuration itself names, beside those of the store.</summary>
public sealed record CertificateConfig
{
    /// <summary>The name that routes use; see <see cref="CertificateName"/>. None in the store may have it.</summary>
    public required string Name { get; init; }

    /// <summary>Where certificate and key are.</summary>
    public required CertificateLocation Location { get; init; }

    /// <summary>Where it may be presented. Null: everywhere, which is right for a secret that was put beside this proxy alone.</summary>
    public IReadOnlyList<EnvironmentType>? EnvironmentTypes { get; init; }

    /// <summary>Opens the key: the passphrase of a PEM or PFX file, or the PIN of a token. Null: see <see cref="SecretFile"/>.</summary>
    public SecretText? Secret { get; init; }

    /// <summary>File whose first line is the <see cref="Secret"/>, absolute. Null: there is none.</summary>
    public string? SecretFile { get; init; }

    /// <summary>Where the location was written; null when a host built it.</summary>
    public SettingSource? Source { get; init; }
}

/// <summary>Where a certificate and its key are. One of the nested kinds; all paths are absolute.</summary>
public abstract record CertificateLocation
{
    private CertificateLocation()
    {
    }

    /// <summary>A folder with <c>tls.crt</c> and <c>tls.key</c>, as Kubernetes mounts a secret of type <c>kubernetes.io/tls</c>.</summary>
    /// <param name="Path">The folder. Where it holds a link <c>..data</c>, both files are read through it.</param>
    public sealed record Folder(string Path) : CertificateLocation;

    /// <summary>A PKCS#12 file, which holds certificate and key.</summary>
    /// <param name="File">The file.</param>
    public sealed record Pfx(string File) : CertificateLocation;

    /// <summary>A PEM file, and a key that lies in a token and never leaves it (PKCS#11, by OpenSSL's engine).</summary>
    /// <param name="Certificate">Leaf first, then intermediates.</param>
    /// <param name="Key">The key as a URI (RFC 7512), without a PIN.</param>
    /// <param name="Module">The token's library; null leaves it to <c>PKCS11_MODULE_PATH</c> and the engine. One for all tokens of a process.</param>
    public sealed record Token(string Certificate, string Key, string? Module) : CertificateLocation;

    /// <summary>Two PEM files.</summary>
    /// <param name="Certificate">Leaf first, then intermediates.</param>
    /// <param name="Key">RSA or ECDSA; may be encrypted.</param>
    public sealed record Files(string Certificate, string Key) : CertificateLocation;
}
