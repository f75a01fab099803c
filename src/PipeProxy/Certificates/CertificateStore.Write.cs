using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <content>Changes. Each takes the store's lock, cleans up after dead writers, and becomes visible by one rename.</content>
public sealed partial class CertificateStore
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    /// <summary>Stores <paramref name="pair"/> under a new name, enabled.</summary>
    /// <param name="name">See <see cref="CertificateName"/>.</param>
    /// <param name="pair">Stays the caller's. Is not linted here.</param>
    /// <param name="environmentTypes">Where it may be presented; at least one.</param>
    /// <param name="account">Recorded for listings.</param>
    /// <param name="project">Recorded for listings.</param>
    /// <exception cref="CertificateException">The name is taken or breaks the rule, or the store cannot be written.</exception>
    public void Create(string name, CertificatePair pair, IReadOnlyCollection<EnvironmentType> environmentTypes, string? account = null, string? project = null)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(environmentTypes);
        if (CertificateName.Explain(name) is { } wrong)
        {
            throw new CertificateException(wrong);
        }

        Write(createFolder: true, () =>
        {
            var folder = FolderOf(name);
            if (folder.Exists)
            {
                throw new CertificateException($"The certificate '{name}' exists already in {Folder}.", $"Replace it under the same name: pipeproxy mtls-certificate update --name {name} --cert FILE --key FILE");
            }

            DurableFolder.Add(folder.Path);
            DurableFolder.Add(folder.VersionsFolder);
            DurableFolder.Restrict(folder.Path);
            RemoveDeadVersions(folder, current: 0);
            var document = new CertificateDocument
            {
                EnvironmentTypes = Normalize(environmentTypes),
                Enabled = true,
                Created = _time.GetUtcNow(),
                Fingerprint = FingerprintOf(pair.Leaf),
                State = CertificateState.Active,
                Account = account,
                Project = project,
            };
            WriteVersion(folder, 1, pair, document);
            DurableFolder.Flush(Folder);
        });
    }

    /// <summary>Replaces the pair, the environment types, or both, under the same name.</summary>
    /// <param name="name">An existing name.</param>
    /// <param name="pair">The new pair; null keeps the present one, and with it the identity and its connections.</param>
    /// <param name="environmentTypes">The new set; null keeps the present one.</param>
    /// <param name="forced">The new pair is put in force although an origin refuses it.</param>
    /// <returns>The active version afterwards.</returns>
    /// <exception cref="CertificateException">Unknown name, or the store cannot be read or written.</exception>
    public int Update(string name, CertificatePair? pair, IReadOnlyCollection<EnvironmentType>? environmentTypes, bool forced = false)
    {
        var version = 0;
        Write(createFolder: false, () =>
        {
            var folder = Existing(name);
            var document = ReadSettings(folder, out version);
            if (document is null)
            {
                document = Restore(name, pair, environmentTypes);
            }
            else if (environmentTypes is not null)
            {
                document = document with { EnvironmentTypes = Normalize(environmentTypes) };
            }

            if (pair is null)
            {
                DurableFolder.Replace(folder.FileOf(version, CertificateFolder.DocumentFile), document.Write());
                return;
            }

            var (before, earlier) = (version, document);
            document = document with { Created = _time.GetUtcNow(), Fingerprint = FingerprintOf(pair.Leaf), State = CertificateState.Active, Refusal = null, Forced = forced, Untried = !forced };
            version = Math.Max(version, folder.ReadVersionNumbers() is [.., var last] ? last : 0) + 1;
            WriteVersion(folder, version, pair, document);
            if (earlier is { State: CertificateState.Active, Fingerprint.Length: > 0 })
            {
                DurableFolder.Replace(folder.FileOf(before, CertificateFolder.DocumentFile), (earlier with { State = CertificateState.Overlap }).Write());
            }

            RemoveOldVersions(folder, version);
        });
        return version;
    }

    /// <summary>Switches a certificate on or off; the pair and its identity stay.</summary>
    /// <returns>False when it was so already.</returns>
    /// <exception cref="CertificateException">Unknown name, or the store cannot be read or written.</exception>
    public bool SetEnabled(string name, bool enabled)
    {
        var changed = false;
        Write(createFolder: false, () =>
        {
            var folder = Existing(name);
            var version = folder.ReadCurrent();
            var document = folder.ReadDocument(version);
            changed = document.Enabled != enabled;
            if (changed)
            {
                DurableFolder.Replace(folder.FileOf(version, CertificateFolder.DocumentFile), (document with { Enabled = enabled }).Write());
            }
        });
        return changed;
    }

    /// <summary>Removes a certificate with all its versions.</summary>
    /// <exception cref="CertificateException">Unknown name, or the store cannot be written.</exception>
    public void Delete(string name) => Write(createFolder: false, () => Remove(Existing(name).Path));

    /// <summary>The settings of the active version; null when they are damaged, and then the number is the highest that is there.</summary>
    private CertificateDocument? ReadSettings(CertificateFolder folder, out int version)
    {
        version = folder.ReadVersionNumbers() is [.., var last] ? last : 0;
        try
        {
            version = folder.ReadCurrent();
            var document = folder.ReadDocument(version);
            RemoveDeadVersions(folder, version);
            return document;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or InvalidDataException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    // A damaged certificate is repaired by a whole upload; nothing of the old settings is guessed.
    private CertificateDocument Restore(string name, CertificatePair? pair, IReadOnlyCollection<EnvironmentType>? environmentTypes)
        => pair is not null && environmentTypes is not null
            ? new CertificateDocument { EnvironmentTypes = Normalize(environmentTypes), Enabled = true, Created = _time.GetUtcNow(), Fingerprint = "", State = CertificateState.Active }
            : throw new CertificateException($"The settings of '{name}' in {Folder} are damaged.", $"Upload it whole: pipeproxy mtls-certificate update --name {name} --cert FILE --key FILE --environment-type T");

    private void Write(bool createFolder, Action change)
    {
        try
        {
            if (createFolder)
            {
                PrepareFolder();
            }
            else if (!Directory.Exists(Folder))
            {
                throw new CertificateException($"There is no certificate store at {Folder}.", "Name it with --store DIR or PIPEPROXY_STORE, or create a certificate first.");
            }

            using var held = StoreLock.Take(Folder, LockPatience);
            RemoveLeftovers();
            try
            {
                change();
            }
            catch
            {
                // At once: there may be a private key in what was written, and nobody knows when the next writer comes.
                RemoveLeftovers();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new CertificateException($"The certificate store {Folder} cannot be changed: {Reason(e)}.", "Check that the folder belongs to you and the disk has room.", innerException: e);
        }
    }

    private void PrepareFolder()
    {
        if (!Directory.Exists(Folder))
        {
            DurableFolder.Create(Folder);
        }
        else if (File.Exists(Path.Combine(Folder, StoreLock.FileName)) || !Directory.EnumerateFileSystemEntries(Folder).Any(static path => !Path.GetFileName(path).StartsWith(".proxy-", StringComparison.Ordinal)))
        {
            // Ours, or empty. Somebody else's folder keeps its mode; each name below it is 0700 all the same.
            DurableFolder.Restrict(Folder);
        }
    }

    private void WriteVersion(CertificateFolder folder, int version, CertificatePair pair, CertificateDocument document)
    {
        var temporary = Path.Combine(folder.VersionsFolder, DurableFolder.TemporaryName());
        DurableFolder.Add(temporary);
        DurableFolder.WriteNew(Path.Combine(temporary, CertificateFolder.CertificateFile), System.Text.Encoding.ASCII.GetBytes(pair.ExportCertificatePem()));
        DurableFolder.WriteNew(Path.Combine(temporary, CertificateFolder.KeyFile), System.Text.Encoding.ASCII.GetBytes(pair.ExportKeyPem(_passphrase)));
        DurableFolder.WriteNew(Path.Combine(temporary, CertificateFolder.DocumentFile), document.Write());
        DurableFolder.Rename(temporary, folder.VersionFolder(version));

        // The switch: before this rename the old pair is there, after it the new one.
        SwitchTo(folder, version);
    }

    // Out of the readers' sight in one step, then at leisure.
    private void Remove(string folder)
    {
        var temporary = Path.Combine(Folder, DurableFolder.TemporaryName());
        Directory.Move(folder, temporary);
        DurableFolder.Flush(Path.GetDirectoryName(folder)!);
        DurableFolder.Flush(Folder);
        Directory.Delete(temporary, recursive: true);
    }

    private CertificateFolder FolderOf(string name) => new(Path.Combine(Folder, name));

    private CertificateFolder Existing(string name)
    {
        if (CertificateName.IsValid(name) && FolderOf(name) is { Exists: true } folder)
        {
            return folder;
        }

        var names = Folders().Select(static existing => existing.Name).ToList();
        throw new CertificateException(
            $"There is no certificate '{name}' in {Folder}.",
            names.Count == 0 ? "The store is empty; upload one with 'pipeproxy mtls-certificate create'." : $"There are: {string.Join(", ", names)}.");
    }

    private static EnvironmentType[] Normalize(IReadOnlyCollection<EnvironmentType> environmentTypes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(environmentTypes.Count, nameof(environmentTypes));
        return [.. environmentTypes.Distinct().Order()];
    }
}
