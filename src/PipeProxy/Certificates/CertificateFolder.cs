using System.Globalization;
using System.Security.Cryptography;

namespace PipeProxy.Certificates;

/// <summary>The folder of one name in a store: <c>current</c> and <c>versions/N/</c>. Knows paths and how to read them without a lock.</summary>
/// <remarks><c>current</c> is read once and decides which version's files are opened; it is replaced by rename, and a version's pair never changes, so a reader sees one pair or the other.</remarks>
internal sealed class CertificateFolder(string path)
{
    public const string CertificateFile = "certificate.pem";
    public const string KeyFile = "private-key.pem";
    public const string DocumentFile = "certificate.json";

    public string Path { get; } = path;

    public string Name => System.IO.Path.GetFileName(Path);

    public string CurrentFile => System.IO.Path.Combine(Path, "current");

    public string VersionsFolder => System.IO.Path.Combine(Path, "versions");

    /// <summary>Without <c>current</c> the name does not exist: a create that never finished.</summary>
    public bool Exists => File.Exists(CurrentFile);

    public string VersionFolder(int version) => System.IO.Path.Combine(VersionsFolder, version.ToString(CultureInfo.InvariantCulture));

    public string FileOf(int version, string file) => System.IO.Path.Combine(VersionFolder(version), file);

    /// <summary>The active version's number.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public int ReadCurrent()
        => int.TryParse(File.ReadAllText(CurrentFile).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
            ? version
            : throw new InvalidDataException($"{CurrentFile} does not hold a version number");

    /// <summary>Numbers of the versions that are there, ascending; the active one need not be among them when the store is damaged.</summary>
    public IReadOnlyList<int> ReadVersionNumbers()
    {
        var numbers = new List<int>();
        foreach (var folder in Directory.Exists(VersionsFolder) ? Directory.EnumerateDirectories(VersionsFolder) : [])
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }

    public CertificateDocument ReadDocument(int version) => CertificateDocument.Read(File.ReadAllBytes(FileOf(version, DocumentFile)));

    /// <summary>The active version's three files.</summary>
    public VersionFiles ReadActive() => ReadVersion(ReadCurrent());

    /// <summary>One version's three files.</summary>
    public VersionFiles ReadVersion(int version) => new(
        version,
        File.ReadAllBytes(FileOf(version, CertificateFile)),
        File.ReadAllBytes(FileOf(version, KeyFile)),
        File.ReadAllBytes(FileOf(version, DocumentFile)));
}

/// <summary>Bytes of one version, as read. Holds a private key: never printed, dropped after use.</summary>
internal sealed class VersionFiles(int version, byte[] certificate, byte[] key, byte[] document)
{
    public int Version { get; } = version;

    public byte[] Certificate { get; } = certificate;

    public byte[] Key { get; } = key;

    public byte[] Document { get; } = document;

    /// <summary>Tells one pair from another without keeping its bytes.</summary>
    public string PairStamp { get; } = $"{version}.{Hash(certificate)}.{Hash(key)}";

    public string DocumentStamp { get; } = Hash(document);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
