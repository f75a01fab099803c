using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Bytes of the files of one certificate that the configuration names, read in one go. Holds a private key: never printed, dropped after use.</summary>
internal sealed class CertificateFiles
{
    private readonly CertificateConfig _config;
    private readonly byte[] _certificate;
    private readonly byte[]? _key;
    private readonly string? _secret;

    private CertificateFiles(CertificateConfig config, byte[] certificate, byte[]? key, string? secret)
    {
        _config = config;
        _certificate = certificate;
        _key = key;
        _secret = secret;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { SHA256.HashData(certificate), SHA256.HashData(key ?? []), SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret ?? "")) })
        {
            hash.AppendData(part);
        }

        Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Tells one content from another without keeping its bytes.</summary>
    public string Hash { get; }

    /// <summary>Reads all of them, or returns null and a finding that says why not.</summary>
    public static CertificateFiles? Read(CertificateConfig config, ICollection<CertificateFinding> findings)
    {
        if (!TryReadSecret(config, findings, out var secret))
        {
            return null;
        }

        var (certificateFile, keyFile) = PathsOf(config.Location, resolve: true);
        var (certificateName, keyName) = PathsOf(config.Location, resolve: false);
        var certificate = CertificateFile.Read(certificateFile, certificateName, findings);
        var key = keyFile is null ? null : CertificateFile.Read(keyFile, keyName!, findings);
        return certificate is null || (keyFile is not null && key is null) ? null : new CertificateFiles(config, certificate, key, secret);
    }

    /// <summary>What tells, without reading them, that the files are not those of before.</summary>
    public static string StampOf(CertificateConfig config)
    {
        var (certificate, key) = PathsOf(config.Location, resolve: true);
        return $"{config.Name}\n{string.Concat(new[] { certificate, key, config.SecretFile }.OfType<string>().Select(StampOf))}";
    }

    /// <summary>Folders whose events may concern the files.</summary>
    public static IEnumerable<string> FoldersOf(CertificateConfig config)
    {
        var (certificate, key) = PathsOf(config.Location, resolve: false);
        return new[] { certificate, key, config.SecretFile }.OfType<string>().Select(Path.GetDirectoryName).OfType<string>();
    }

    /// <summary>The place, for people who have to put a new pair there.</summary>
    public static string PlaceOf(CertificateLocation location) => location switch
    {
        CertificateLocation.Folder folder => folder.Path,
        CertificateLocation.Pfx pfx => pfx.File,
        CertificateLocation.Token token => token.Certificate,
        CertificateLocation.Files files => $"{files.Certificate} and {files.Key}",
        _ => throw new InvalidOperationException("an unknown kind of location"),
    };

    /// <summary>The pair in the files, or null and a finding that says why there is none.</summary>
    public CertificatePair? Open(ICollection<CertificateFinding> findings)
    {
        var (certificate, key) = PathsOf(_config.Location, resolve: false);
        return _key is null
            ? Pkcs12Bundle.Open(_certificate, certificate, _secret, findings)
            : CertificatePair.Match(PemContent.Of(certificate, _certificate), PemContent.Of(key!, _key), _secret, findings);
    }

    /// <summary>The certificate in the file, joined with its key in a token, and its intermediates; or null and a finding that says why there is none.</summary>
    public List<X509Certificate2>? OpenToken(CertificateLocation.Token token, ICollection<CertificateFinding> findings)
    {
        if (PemContent.Of(token.Certificate, _certificate).ReadCertificates(findings) is not { } certificates)
        {
            return null;
        }

        if (Pkcs11Key.Join(token, certificates[0], _secret, findings) is not { } leaf)
        {
            return null;
        }

        certificates[0].Dispose();
        certificates[0] = leaf;
        return certificates;
    }

    private static (string Certificate, string? Key) PathsOf(CertificateLocation location, bool resolve)
    {
        switch (location)
        {
            case CertificateLocation.Folder { Path: var path }:
                var folder = resolve ? SecretFolder.Resolve(path) : path;
                return (Path.Combine(folder, SecretFolder.CertificateFile), Path.Combine(folder, SecretFolder.KeyFile));
            case CertificateLocation.Pfx pfx:
                return (pfx.File, null);
            case CertificateLocation.Token token:
                return (token.Certificate, null);
            case CertificateLocation.Files files:
                return (files.Certificate, files.Key);
            default:
                throw new InvalidOperationException("an unknown kind of location");
        }
    }

    private static bool TryReadSecret(CertificateConfig config, ICollection<CertificateFinding> findings, out string? secret)
    {
        secret = config.Secret?.Reveal();
        if (config.SecretFile is not { } file)
        {
            return true;
        }

        if (CertificateFile.Read(file, file, findings) is not { } bytes)
        {
            return false;
        }

        using var reader = new StreamReader(new MemoryStream(bytes));
        secret = reader.ReadLine();
        if (!string.IsNullOrEmpty(secret))
        {
            return true;
        }

        findings.Add(CertificateFinding.Error("secret-empty", $"{file} has an empty first line.", "Put what opens the key into its first line."));
        return false;
    }

    private static string StampOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return $"{target.FullName} {target.Length} {target.LastWriteTimeUtc.Ticks}\n";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} {e.GetType().Name}\n";
        }
    }
}
