namespace PipeProxy.Certificates;

/// <content>What writers leave that failed or were killed, private keys among it. Whoever removes it holds the store's lock, so nobody is using it.</content>
public sealed partial class CertificateStore
{
    // What cannot be removed now stands in nobody's way; the next writer tries again.
    private void RemoveLeftovers()
    {
        foreach (var path in Directory.EnumerateDirectories(Folder).Prepend(Folder))
        {
            try
            {
                RemoveTemporary(path);
                if (path != Folder && !Path.GetFileName(path).StartsWith('.'))
                {
                    RemoveLeftovers(new CertificateFolder(path));
                }
            }
            catch (Exception e) when (IsBadContent(e))
            {
            }
        }
    }

    private void RemoveLeftovers(CertificateFolder folder)
    {
        RemoveTemporary(folder.VersionsFolder);
        foreach (var version in folder.ReadVersionNumbers())
        {
            RemoveTemporary(folder.VersionFolder(version));
        }

        if (folder.Exists)
        {
            RemoveDeadVersions(folder, folder.ReadCurrent());
        }
        else if (Directory.Exists(folder.VersionsFolder))
        {
            RemoveUnfinished(folder);
        }
    }

    // A create that died before its switch has written version 1 at most. Anything else under a name without `current` is not for us to judge.
    private void RemoveUnfinished(CertificateFolder folder)
    {
        if (folder.ReadVersionNumbers() is [1] && StateOf(folder, 1) is not null)
        {
            Remove(folder.VersionFolder(1));
        }

        if (!Directory.EnumerateFileSystemEntries(folder.VersionsFolder).Any())
        {
            Directory.Delete(folder.VersionsFolder);
            Directory.Delete(folder.Path);
        }
    }

    // A number above `current` that no origin refused is an attempt that died before its switch.
    private void RemoveDeadVersions(CertificateFolder folder, int current)
    {
        foreach (var number in folder.ReadVersionNumbers().Where(number => number > current && StateOf(folder, number) != CertificateState.Refused))
        {
            Remove(folder.VersionFolder(number));
        }
    }

    private static void RemoveTemporary(string folder)
    {
        foreach (var path in Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, DurableFolder.TemporaryPrefix + "*") : [])
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
    }
}
