using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <content>Listings. They open no key, so they need no passphrase; a damaged certificate is listed with its error.</content>
public sealed partial class CertificateStore
{
    /// <summary>Every certificate in the store, by name.</summary>
    /// <exception cref="CertificateException">The store cannot be read at all.</exception>
    public IReadOnlyList<StoredCertificate> List()
    {
        try
        {
            return [.. Folders().Select(Describe)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"The certificate store {Folder} cannot be read: {Reason(e)}.", "Run the command as the user who owns the store.", innerException: e);
        }
    }

    /// <summary>One certificate.</summary>
    /// <exception cref="CertificateException">Unknown name; the message lists what there is.</exception>
    public StoredCertificate Describe(string name) => Describe(Existing(name));

    /// <summary>Opens the active pair of one certificate, key included, as <see cref="Load"/> would.</summary>
    /// <param name="name">An existing name.</param>
    /// <exception cref="CertificateException">Unknown name, or the pair cannot be used; the message says why.</exception>
    public CertificatePair Open(string name)
    {
        var folder = Existing(name);
        try
        {
            var files = folder.ReadActive();
            var pair = Open(folder, files);
            ReadDocument(files, pair.Leaf);
            return pair;
        }
        catch (Exception e) when (e is not CertificateException && IsBadContent(e))
        {
            throw new CertificateException($"The certificate '{name}' in {Folder} cannot be used: {Reason(e)}.", "Upload it again with 'pipeproxy mtls-certificate update'.", innerException: e);
        }
    }

    private StoredCertificate Describe(CertificateFolder folder)
    {
        var version = 0;
        try
        {
            version = folder.ReadCurrent();
            var document = folder.ReadDocument(version);
            var findings = new List<CertificateFinding>();
            var file = folder.FileOf(version, CertificateFolder.CertificateFile);
            var certificates = PemContent.Of(file, File.ReadAllBytes(file)).ReadCertificates(findings);
            return new StoredCertificate
            {
                Name = folder.Name,
                Version = version,
                PresentedVersion = PresentedOf(folder, version, document, certificates),
                EnvironmentTypes = document.EnvironmentTypes,
                Enabled = document.Enabled,
                Account = document.Account,
                Project = document.Project,
                Certificates = certificates ?? (IReadOnlyList<X509Certificate2>)[],
                Versions = ReadVersions(folder),
                Error = certificates is null ? findings[0].Message
                    : document.Fingerprint != FingerprintOf(certificates[0]) ? $"The fingerprint in {CertificateFolder.DocumentFile} is not that of {CertificateFolder.CertificateFile}."
                    : null,
            };
        }
        catch (Exception e) when (IsBadContent(e))
        {
            return new StoredCertificate { Name = folder.Name, Version = version, PresentedVersion = version, Error = $"It cannot be read: {Reason(e)}." };
        }
    }

    // As Choose decides, without opening a key.
    private int PresentedOf(CertificateFolder folder, int version, CertificateDocument document, IReadOnlyList<X509Certificate2>? certificates)
    {
        var now = _time.GetUtcNow();
        return certificates is [var leaf, ..] && ProblemOf(document, leaf.NotBefore, leaf.NotAfter, now) is not null && StandIn(folder, version) is { } number
            && (document.State == CertificateState.Refused || (ReadLeaf(folder, number) is { } other && other.NotBefore <= now && now <= other.NotAfter))
            ? number
            : version;
    }

    private static List<StoredVersion> ReadVersions(CertificateFolder folder)
    {
        var versions = new List<StoredVersion>();
        foreach (var number in folder.ReadVersionNumbers())
        {
            try
            {
                var document = folder.ReadDocument(number);
                var (notBefore, notAfter) = ReadLeaf(folder, number) ?? default;
                versions.Add(new StoredVersion(number, document.Created, document.Fingerprint, document.State) { NotBefore = notBefore, NotAfter = notAfter, Refusal = document.Refusal });
            }
            catch (Exception e) when (IsBadContent(e))
            {
                // An old version that is damaged, or was pruned this moment, is no version to go back to.
            }
        }

        return versions;
    }
}
