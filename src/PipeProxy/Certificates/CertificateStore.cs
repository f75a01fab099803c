using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>Client certificates in a folder, as the command line writes them.</summary>
/// <remarks>
/// <code>
/// DIR/                                0700
///   .lock                             held by a writer
///   NAME/current                      the active version's number, replaced by rename
///   NAME/versions/N/certificate.pem   leaf first, then intermediates
///   NAME/versions/N/private-key.pem   0600, PKCS#8, encrypted when the store has a passphrase
///   NAME/versions/N/certificate.json  environment types, enabled, created, fingerprint, state; replaced by rename
/// </code>
/// Readers take no lock. A version's pair is never changed after it got its number (a refused one loses its key), and `current` is switched last, so a writer that
/// dies at any instant leaves the old pair or the new one; what else it leaves starts with a dot or is a number that `current` never
/// named, is passed over by readers and removed by the next writer. Thread-safe.
/// </remarks>
public sealed partial class CertificateStore : ICertificateSource
{
    /// <summary>The setting under which it reports that the whole store cannot be read.</summary>
    internal const string Setting = "certificateStore";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, int Version), CachedCertificate> _cache = [];
    private readonly HashSet<(string Name, int Version)> _used = [];
    private readonly string? _passphrase;
    private readonly TimeProvider _time;

    /// <summary>Names a store; nothing is read or created yet.</summary>
    /// <param name="directory">The store's folder; may not exist, which is an empty store.</param>
    /// <param name="passphrase">Encrypts the keys that are written and opens encrypted ones; null writes them plain, protected by file permissions alone.</param>
    /// <param name="time">Clock for creation dates and for watching; null for the system's.</param>
    public CertificateStore(string directory, string? passphrase = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Folder = Path.GetFullPath(directory);
        _passphrase = string.IsNullOrEmpty(passphrase) ? null : passphrase;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The store's folder, absolute.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    /// <remarks>An unchanged certificate is the same object as at the last call.</remarks>
    public CertificateSet Load()
    {
        lock (_gate)
        {
            var certificates = new Dictionary<string, ClientCertificate>(StringComparer.Ordinal);
            var errors = new List<ConfigurationError>();
            var standIns = new Dictionary<string, ClientCertificate>(StringComparer.Ordinal);
            DateTimeOffset? changesAt = null;
            _used.Clear();
            try
            {
                foreach (var folder in Folders())
                {
                    if (LoadOne(folder, errors, standIns, ref changesAt) is { } certificate)
                    {
                        certificates.Add(certificate.Name, certificate);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                errors.Add(new ConfigurationError(null, Setting, Folder, $"The certificate store cannot be read: {Reason(e)}."));
            }

            foreach (var gone in _cache.Keys.Except(_used).ToList())
            {
                _cache.Remove(gone);
            }

            return new CertificateSet(certificates, errors) { ChangesAt = changesAt, StandIns = standIns, Store = Folder };
        }
    }

    /// <inheritdoc/>
    /// <remarks>Seen at once through the file system's events where there are any, else within <see cref="SourceWatcher.PollInterval"/>.</remarks>
    public IDisposable OnChange(Action changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return new SourceWatcher([Folder], recursive: true, Stamp, changed, _time);
    }

    /// <summary>Everything that decides what <see cref="Load"/> answers, in one comparable text.</summary>
    internal string Stamp()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (var folder in Folders())
            {
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(StampOf(folder)));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(e.GetType().Name));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string StampOf(CertificateFolder folder)
    {
        try
        {
            var version = folder.ReadCurrent();
            var certificate = new FileInfo(folder.FileOf(version, CertificateFolder.CertificateFile));
            var key = new FileInfo(folder.FileOf(version, CertificateFolder.KeyFile));
            var document = File.ReadAllText(folder.FileOf(version, CertificateFolder.DocumentFile));
            return $"{folder.Name}\n{version}\n{certificate.Length} {certificate.LastWriteTimeUtc.Ticks}\n{key.Length} {key.LastWriteTimeUtc.Ticks}\n{document}\n";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return $"{folder.Name}\n{e.GetType().Name}\n";
        }
    }

    private ClientCertificate? LoadOne(CertificateFolder folder, List<ConfigurationError> errors, Dictionary<string, ClientCertificate> standIns, ref DateTimeOffset? changesAt)
    {
        var setting = CertificateProblem.SettingOf(folder.Name);
        if (CertificateName.Explain(folder.Name) is { } wrong)
        {
            errors.Add(new ConfigurationError(null, setting, null, wrong));
            return null;
        }

        // A failed attempt is made again only when the files changed meanwhile: a writer switched and pruned between two of our reads.
        while (folder.Exists)
        {
            var stamp = StampOf(folder);
            try
            {
                var files = folder.ReadActive();
                var certificate = Choose(folder, files, setting, errors, standIns, ref changesAt);
                WarnOfPermissions(folder, certificate.Version, setting, errors);
                return certificate;
            }
            catch (Exception e) when (IsBadContent(e))
            {
                if (stamp == StampOf(folder))
                {
                    errors.Add(new ConfigurationError(null, setting, null, $"The certificate in {folder.Path} cannot be used: {Reason(e)}."));
                    return null;
                }
            }
        }

        // Deleted while it was read.
        return null;
    }

    // `settings` is the document of the active version: who may present the name, and where, is said once for all its versions.
    private ClientCertificate Take(CertificateFolder folder, VersionFiles files, VersionFiles settings)
    {
        var key = (folder.Name, files.Version);
        _used.Add(key);
        var settingsStamp = $"{files.DocumentStamp}.{settings.DocumentStamp}";
        if (_cache.TryGetValue(key, out var cached) && cached.PairStamp == files.PairStamp)
        {
            if (cached.DocumentStamp != settingsStamp)
            {
                var untried = ReadDocument(files, cached.Certificate.Leaf).Untried;
                var changed = CertificateDocument.Read(settings.Document);
                cached = cached with { DocumentStamp = settingsStamp, Certificate = cached.Certificate.With(changed.EnvironmentTypes, changed.Enabled, untried) };
                _cache[key] = cached;
            }

            return cached.Certificate;
        }

        using var pair = Open(folder, files);
        var own = ReadDocument(files, pair.Leaf);
        var document = CertificateDocument.Read(settings.Document);
        var certificate = ClientCertificate.FromPair(folder.Name, pair, document.EnvironmentTypes, document.Enabled, files.Version, forced: own.Forced, untried: own.Untried);
        _cache[key] = new CachedCertificate(files.PairStamp, settingsStamp, certificate);
        return certificate;
    }

    private CertificatePair Open(CertificateFolder folder, VersionFiles files)
    {
        var findings = new List<CertificateFinding>();
        var certificate = PemContent.Of(folder.FileOf(files.Version, CertificateFolder.CertificateFile), files.Certificate);
        var key = PemContent.Of(folder.FileOf(files.Version, CertificateFolder.KeyFile), files.Key);
        if (CertificatePair.Match(certificate, key, _passphrase, findings) is { } pair)
        {
            return pair;
        }

        var encrypted = findings.Find(static finding => finding.Code is "key-encrypted" or "key-passphrase");
        throw encrypted is null
            ? new CertificateException(findings)
            : new CertificateException(
                encrypted.Code == "key-encrypted" ? "The store's private key is encrypted and no store passphrase was given." : "The store's passphrase does not open the private key.",
                "Give the passphrase that the key was stored with: PIPEPROXY_STORE_PASSPHRASE, or --passphrase-file FILE.",
                findings);
    }

    private static CertificateDocument ReadDocument(VersionFiles files, X509Certificate2 leaf)
    {
        var document = CertificateDocument.Read(files.Document);
        return document.Fingerprint == FingerprintOf(leaf)
            ? document
            : throw new InvalidDataException($"the fingerprint in {CertificateFolder.DocumentFile} is not that of {CertificateFolder.CertificateFile}");
    }

    private static void WarnOfPermissions(CertificateFolder folder, int version, string setting, List<ConfigurationError> errors)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var file = folder.FileOf(version, CertificateFolder.KeyFile);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0)
        {
            errors.Add(new ConfigurationError(null, setting, null, $"Other users may read or write the private key {file}; take that right away: chmod 600 {file}", ErrorSeverity.Warning));
        }
    }

    /// <summary>Every name that a finished create left, in ordinal order.</summary>
    private IEnumerable<CertificateFolder> Folders()
        => Directory.Exists(Folder)
            ? Directory.EnumerateDirectories(Folder)
                .Where(static path => !Path.GetFileName(path).StartsWith('.'))
                .Order(StringComparer.Ordinal)
                .Select(static path => new CertificateFolder(path))
                .Where(static folder => folder.Exists)
            : [];

    /// <summary>Lower-case hex of SHA-256 over the certificate's DER: what <c>openssl x509 -fingerprint -sha256</c> prints, without colons.</summary>
    public static string FingerprintOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));
    }

    private static bool IsBadContent(Exception e)
        => e is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or CryptographicException or CertificateException;

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException missing => $"{missing.FileName} is missing",
        DirectoryNotFoundException => "a folder of it is missing",
        UnauthorizedAccessException => "permission denied",
        JsonException => $"{CertificateFolder.DocumentFile} is not what the store wrote",
        CryptographicException => "the pair is damaged",
        CertificateException { Next: { } next } refused => $"{refused.Message.TrimEnd('.')}. {next.TrimEnd('.')}",
        _ => e.Message.TrimEnd('.'),
    };

    private sealed record CachedCertificate(string PairStamp, string DocumentStamp, ClientCertificate Certificate);
}
