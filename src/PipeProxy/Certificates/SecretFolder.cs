namespace PipeProxy.Certificates;

/// <summary>A folder with <c>tls.crt</c> and <c>tls.key</c> that somebody else replaces, as Kubernetes does with a mounted secret.</summary>
/// <remarks>
/// Kubernetes writes a new folder beside the old one and turns the link <c>..data</c> by rename; <c>tls.crt</c> and <c>tls.key</c> are links through
/// it. Whoever opens them one after the other may get the certificate of before and the key of after, so the link is followed once and both
/// files are opened in the folder that it led to.
/// </remarks>
internal static class SecretFolder
{
    public const string CertificateFile = "tls.crt";
    public const string KeyFile = "tls.key";

    private const string DataLink = "..data";

    /// <summary>The folder that <paramref name="folder"/> means at this moment.</summary>
    public static string Resolve(string folder)
    {
        try
        {
            var data = new DirectoryInfo(Path.Combine(Follow(new DirectoryInfo(folder)), DataLink));
            return data.Exists ? Follow(data) : Path.GetDirectoryName(data.FullName)!;
        }
        catch (IOException)
        {
            // The link was turned while it was followed, or goes in circles; opening the files says so.
            return folder;
        }
    }

    private static string Follow(DirectoryInfo folder) => folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.FullName;
}
