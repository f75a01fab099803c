using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <content>Several versions under a name: which one is presented, and what becomes of one that an origin refused.</content>
/// <remarks>
/// `current` is the commit point and names the version that an operator wants. When that one was refused, is not valid yet or has
/// expired, the newest valid one before it stands in, so that a restart within an overlap finds what the proxy had in force; so does the
/// newest that was in force once while that one is tried, so that a proxy that was killed in a trial goes on as it was. A number
/// above `current` is a refused version, kept without its key so that `describe` can tell, or an attempt that died before its switch.
/// </remarks>
public sealed partial class CertificateStore
{
    // The active version and two before it: enough to go back, and for a reader that read `current` a moment ago. As many refused ones, without their keys.
    private const int KeptVersions = 3;

    /// <summary>Marks a version as refused and goes back to the one before, so that a restart does not present it.</summary>
    /// <param name="name">An existing name.</param>
    /// <param name="version">The version that an origin refused.</param>
    /// <param name="reason">Which origin, and what it said; one line.</param>
    /// <returns>False when there is no such version any more, or an operator forced it.</returns>
    /// <exception cref="CertificateException">Unknown name, or the store cannot be read or written.</exception>
    public bool Refuse(string name, int version, string reason)
    {
        var marked = false;
        Write(createFolder: false, () =>
        {
            var folder = Existing(name);
            if (!Directory.Exists(folder.VersionFolder(version)) || folder.ReadDocument(version) is not { Forced: false } document)
            {
                return;
            }

            DurableFolder.Replace(folder.FileOf(version, CertificateFolder.DocumentFile), (document with { State = CertificateState.Refused, Refusal = reason }).Write());
            marked = true;
            if (folder.ReadCurrent() == version && StandIn(folder, version) is { } before)
            {
                // Who switched it off meanwhile, or said where it may be presented, meant the name, not the version.
                var earlier = folder.ReadDocument(before);
                var active = earlier with { State = CertificateState.Active, Enabled = earlier.Enabled && document.Enabled, EnvironmentTypes = document.EnvironmentTypes };
                DurableFolder.Replace(folder.FileOf(before, CertificateFolder.DocumentFile), active.Write());
                SwitchTo(folder, before);
            }

            RemoveRefusedKeys(folder, folder.ReadCurrent());
        });
        return marked;
    }

    /// <summary>Notes that a version was put in force, so that it is not tried again.</summary>
    /// <param name="name">An existing name.</param>
    /// <param name="version">The version that no origin refused.</param>
    /// <exception cref="CertificateException">Unknown name, or the store cannot be read or written.</exception>
    public void Accept(string name, int version) => Write(createFolder: false, () =>
    {
        var folder = Existing(name);
        if (Directory.Exists(folder.VersionFolder(version)) && folder.ReadDocument(version) is { Untried: true } document)
        {
            DurableFolder.Replace(folder.FileOf(version, CertificateFolder.DocumentFile), (document with { Untried = false }).Write());
        }
    });

    void ICertificateSource.OnAccepted(ClientCertificate certificate) => Accept(certificate.Name, certificate.Version);

    void ICertificateSource.OnRefused(ClientCertificate certificate, string reason) => Refuse(certificate.Name, certificate.Version, reason);

    // The version to present: the active one, or who stands in for it.
    private ClientCertificate Choose(CertificateFolder folder, VersionFiles active, string setting, List<ConfigurationError> errors, Dictionary<string, ClientCertificate> standIns, ref DateTimeOffset? changesAt)
    {
        var certificate = Take(folder, active, active);
        var document = CertificateDocument.Read(active.Document);
        var now = _time.GetUtcNow();
        var problem = ProblemOf(document, certificate.NotBefore, certificate.NotAfter, now);
        var chosen = certificate;
        if (problem is not null && StandIn(folder, active.Version) is { } number && TryTake(folder, number, active, setting, errors) is { } other
            && (document.State == CertificateState.Refused || (other.NotBefore <= now && now <= other.NotAfter)))
        {
            errors.Add(new ConfigurationError(null, setting, null, $"Version {active.Version} of the certificate {problem}; version {number}, valid to {other.NotAfter:yyyy-MM-dd HH:mm} UTC, is presented.", ErrorSeverity.Warning));
            chosen = other;
        }
        else if (document.Untried && StandIn(folder, active.Version, tried: true) is { } earlier)
        {
            if (TryTake(folder, earlier, active, setting, errors) is { } before)
            {
                standIns[folder.Name] = before;
            }
        }

        foreach (var moment in (DateTimeOffset[])[certificate.NotBefore, chosen.NotAfter])
        {
            if (moment > now && !(changesAt < moment))
            {
                changesAt = moment;
            }
        }

        return chosen;
    }

    // The pair of one that stands in may be unreadable, under another passphrase say: then there is none, and the active version is not the worse for it.
    private ClientCertificate? TryTake(CertificateFolder folder, int version, VersionFiles active, string setting, List<ConfigurationError> errors)
    {
        try
        {
            return Take(folder, folder.ReadVersion(version), active);
        }
        catch (Exception e) when (IsBadContent(e))
        {
            errors.Add(new ConfigurationError(null, setting, null, $"Version {version}, which would stand in for version {active.Version}, cannot be used: {Reason(e)}.", ErrorSeverity.Warning));
            return null;
        }
    }

    // The newest version below that was not refused and is valid now, else the newest that was not refused; null when there is none.
    // With `tried` only one that was in force, was not switched off, and is valid now.
    private int? StandIn(CertificateFolder folder, int below, bool tried = false)
    {
        var now = _time.GetUtcNow();
        int? newest = null;
        foreach (var number in folder.ReadVersionNumbers().Where(number => number < below).Reverse())
        {
            try
            {
                var document = folder.ReadDocument(number);
                if (document.State == CertificateState.Refused || (tried && (document.Untried || !document.Enabled)) || ReadLeaf(folder, number) is not { } leaf)
                {
                    continue;
                }

                if (leaf.NotBefore <= now && now <= leaf.NotAfter)
                {
                    return number;
                }

                newest ??= number;
            }
            catch (Exception e) when (IsBadContent(e))
            {
                // A damaged version is none to go back to.
            }
        }

        return tried ? null : newest;
    }

    private static string? ProblemOf(CertificateDocument document, DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now)
        => document.State == CertificateState.Refused ? $"was refused ({document.Refusal?.TrimEnd('.')})"
            : now < notBefore ? $"is not valid before {notBefore:yyyy-MM-dd HH:mm} UTC"
            : now > notAfter ? $"expired on {notAfter:yyyy-MM-dd HH:mm} UTC"
            : null;

    private static (DateTimeOffset NotBefore, DateTimeOffset NotAfter)? ReadLeaf(CertificateFolder folder, int version)
    {
        var file = folder.FileOf(version, CertificateFolder.CertificateFile);
        if (PemContent.Of(file, File.ReadAllBytes(file)).ReadCertificates([]) is not [var leaf, ..] all)
        {
            return null;
        }

        var validity = (new DateTimeOffset(leaf.NotBefore).ToUniversalTime(), new DateTimeOffset(leaf.NotAfter).ToUniversalTime());
        foreach (X509Certificate2 certificate in all)
        {
            certificate.Dispose();
        }

        return validity;
    }

    private void RemoveOldVersions(CertificateFolder folder, int current)
    {
        RemoveRefusedKeys(folder, current);
        int?[] standIns = [StandIn(folder, current), StandIn(folder, current, tried: true)];
        foreach (var kind in folder.ReadVersionNumbers().Reverse().GroupBy(number => StateOf(folder, number) == CertificateState.Refused))
        {
            foreach (var number in kind.Skip(KeptVersions).Where(number => number != current && !standIns.Contains(number)))
            {
                Remove(folder.VersionFolder(number));
            }
        }
    }

    // Nobody presents a refused version, unless it is the only one: then it is current. Its certificate stays, for listings.
    private static void RemoveRefusedKeys(CertificateFolder folder, int current)
    {
        foreach (var number in folder.ReadVersionNumbers().Where(number => number != current && StateOf(folder, number) == CertificateState.Refused))
        {
            File.Delete(folder.FileOf(number, CertificateFolder.KeyFile));
            DurableFolder.Flush(folder.VersionFolder(number));
        }
    }

    private static CertificateState? StateOf(CertificateFolder folder, int version)
    {
        try
        {
            return folder.ReadDocument(version).State;
        }
        catch (Exception e) when (IsBadContent(e))
        {
            return null;
        }
    }

    private static void SwitchTo(CertificateFolder folder, int version)
        => DurableFolder.Replace(folder.CurrentFile, System.Text.Encoding.ASCII.GetBytes($"{version}\n"));
}
