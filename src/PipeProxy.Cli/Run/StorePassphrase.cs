using PipeProxy.Certificates;
using PipeProxy.Cli.MtlsCertificate;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>What opens the keys of the store, or why it could not be had.</summary>
/// <param name="Text">Null: none was given.</param>
/// <param name="Error">The file that was named for it cannot be used.</param>
internal readonly record struct StorePassphrase(string? Text, ConfigurationError? Error)
{
    /// <summary>From the first line of <paramref name="file"/>, else from the environment.</summary>
    public static StorePassphrase Read(string? file, Terminal terminal)
    {
        try
        {
            return new StorePassphrase(CertificateOptions.ReadStorePassphrase(file, terminal), null);
        }
        catch (CertificateException e)
        {
            return new StorePassphrase(null, new ConfigurationError(null, "--passphrase-file", file, $"{e.Message} {e.Next}".TrimEnd()));
        }
    }
}
