namespace PipeProxy.Testing;

/// <summary>The command <c>pipeproxy</c> as a child process, in a folder of its own, with a certificate store if a test wants one.</summary>
public sealed class TestProxyProcess : IAsyncDisposable
{
    private const string Ready = "listening on ";

    private readonly TemporaryDirectory _folder;

    private TestProxyProcess(TemporaryDirectory folder, TestProcess process, string url)
    {
        _folder = folder;
        Process = process;
        Url = url;
    }

    /// <summary>The process, for signals and output.</summary>
    public TestProcess Process { get; }

    /// <summary>Its working folder; the store is <c>certificates</c> there.</summary>
    public string Folder => _folder.Path;

    /// <summary>The URL of the ready line, without a slash at the end.</summary>
    public string Url { get; }

    /// <summary>The port of <see cref="Url"/>.</summary>
    public int Port => TestProxy.PortOf(Url);

    /// <summary>Starts <c>pipeproxy run</c> on a free port for one origin and waits for its ready line.</summary>
    /// <param name="origin">Scheme, host and port.</param>
    /// <param name="certificate">Created in the store by the command itself and presented; none when null.</param>
    /// <param name="arguments">Further flags of <c>run</c>.</param>
    public static async Task<TestProxyProcess> StartAsync(string origin, TestCertificate? certificate = null, params IReadOnlyList<string> arguments)
    {
        TemporaryDirectory folder = new();
        TestProcess? process = null;
        try
        {
            List<string> run = ["run", "--listen", "http://127.0.0.1:0", "--forward", origin, "--trusted-ca", TestCertificates.Root.CertificatePath, "--allow-root", .. TestedTransport.Arguments, .. arguments];
            if (certificate is not null)
            {
                await CreateAsync(folder, certificate);
                run.AddRange(["--mtls-certificate", TestProxy.CertificateName, "--store", folder.Combine("certificates")]);
            }

            process = TestProcess.Start(ProxyBinary.Path, run, folder.Path);
            string line = await process.WaitForLineAsync("^" + Ready);
            return new TestProxyProcess(folder, process, line[Ready.Length..].TrimEnd('/'));
        }
        catch
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }

            folder.Dispose();
            throw;
        }
    }

    /// <summary>Kills the process if it still runs, and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task CreateAsync(TemporaryDirectory folder, TestCertificate certificate)
    {
        await using TestProcess create = await TestProcess.RunAsync(
            ProxyBinary.Path,
            [
                "mtls-certificate", "create", "--cert", certificate.CertificatePath, "--key", certificate.KeyPath,
                "--name", TestProxy.CertificateName, "--environment-type", "development", "--store", folder.Combine("certificates"),
            ],
            folder.Path);
        if (create.ExitCode != 0)
        {
            throw new TestProcessException("mtls-certificate create failed:\n" + create.Transcript);
        }
    }
}
