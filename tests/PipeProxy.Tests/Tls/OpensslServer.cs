using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Tests.Tls;

/// <summary><c>openssl s_server -rev</c>: answers each line reversed. A real OpenSSL peer that sends the alerts that it should.</summary>
internal sealed class OpensslServer : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private OpensslServer(Process process, DirectoryInfo folder, IPEndPoint endPoint)
    {
        _process = process;
        _folder = folder;
        EndPoint = endPoint;
    }

    internal IPEndPoint EndPoint { get; }

    /// <summary>Until it has ended by itself, as with <c>-naccept</c>: then all that it sent has been sent.</summary>
    internal Task EndAsync() => _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

    /// <param name="version"><c>-tls1_2</c> or <c>-tls1_3</c>.</param>
    /// <param name="authority">Issued the server's certificate; its root verifies clients.</param>
    /// <param name="leaf">The server's certificate.</param>
    /// <param name="more">Further arguments.</param>
    internal static Task<OpensslServer> StartAsync(string version, TestAuthority authority, X509Certificate2 leaf, params string[] more)
        => StartCoreAsync(version, authority, leaf, ["-rev", .. more]);

    /// <summary>As <see cref="StartAsync"/>, but it answers nothing and sends what is typed.</summary>
    internal static Task<OpensslServer> StartTypedAsync(string version, TestAuthority authority, X509Certificate2 leaf, params string[] more)
        => StartCoreAsync(version, authority, leaf, more);

    /// <summary>Types a line for one that was started so. It is sent as one record; one that begins with <c>k</c> is the command to send new keys.</summary>
    internal async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\n");
        await _process.StandardInput.FlushAsync();
    }

    private static async Task<OpensslServer> StartCoreAsync(string version, TestAuthority authority, X509Certificate2 leaf, string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("pipeproxy-test-");
        string Write(string name, string text)
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllText(path, text);
            return path;
        }

        var start = new ProcessStartInfo("openssl") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        string[] arguments =
        [
            "s_server", version, "-accept", "127.0.0.1:0",
            "-cert", Write("leaf.pem", leaf.ExportCertificatePem()), "-key", Write("key.pem", leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()),
            "-cert_chain", Write("chain.pem", authority.Intermediate.ExportCertificatePem()), "-CAfile", Write("root.pem", authority.Root.ExportCertificatePem()),
            "-alpn", "http/1.1", .. more,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = StartProcess(start);
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.StartsWith("ACCEPT ", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new OpensslServer(process, folder, IPEndPoint.Parse(line[7..]));
            }
        }

        throw new InvalidOperationException("openssl s_server did not start");
    }

    /// <summary>A client that trusts nobody and ends by itself.</summary>
    internal static Process StartClient(IPEndPoint server)
    {
        var start = new ProcessStartInfo("openssl", $"s_client -connect {server} -verify_return_error -no-CAfile -no-CApath -no-CAstore") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        var process = StartProcess(start);
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    private static Process StartProcess(ProcessStartInfo start)
    {
        try
        {
            var process = Process.Start(start)!;
            _ = process.StandardError.ReadToEndAsync();
            return process;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("openssl is not installed");
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
