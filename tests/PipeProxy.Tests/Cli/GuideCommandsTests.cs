using System.Text.RegularExpressions;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary>The guide's two commands run with only the program's name changed.</summary>
public sealed partial class GuideCommandsTests : IDisposable
{
    // Copied from the guide "Connect to an AWS ALB with mTLS", sections 2 and "No certificate appears to be sent", letter by letter.
    private const string Guide = """
        Use the Zuplo CLI to upload the client certificate and private key to your
        project. The CA that issued this certificate must already be in the ALB's trust
        store.

        ```bash
        zuplo mtls-certificate create \
          --cert client-cert.pem \
          --key client-key.pem \
          --name aws-alb-cert \
          --account your-account \
          --project your-project \
          --environment-type development \
          --environment-type preview \
          --environment-type production
        ```

        Confirm the upload succeeded and the certificate is enabled for the environment
        you deployed to:

        ```bash
        zuplo mtls-certificate list \
          --account your-account \
          --project your-project
        ```
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CreateThenList_WorkAsWritten()
    {
        var leaf = IssuedCertificate.Leaf(notBefore: DateTimeOffset.UtcNow.AddDays(-1), notAfter: DateTimeOffset.UtcNow.AddDays(365).AddHours(1));
        _folder.Write("client-cert.pem", leaf.CertificatePem);
        _folder.Write("client-key.pem", leaf.KeyPem);
        var commands = ShellBlock().Matches(Guide).Select(static match => match.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.Equal(2, commands.Count);
        Assert.All(commands, static command => Assert.Equal("zuplo", command[0]));

        var created = await PipeProxyBinary.RunAsync(commands[0].Skip(1), _folder.Path);
        Assert.Equal((0, ""), (created.ExitCode, created.Error));
        Assert.Contains("Created aws-alb-cert", created.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("certificates/aws-alb-cert/current")));

        var listed = await PipeProxyBinary.RunAsync(commands[1].Skip(1), _folder.Path);
        Assert.Equal((0, ""), (listed.ExitCode, listed.Error));
        Assert.Matches(@"(?m)^aws-alb-cert +development, preview, production +yes +\d{4}-\d\d-\d\d \(365 days\) +[0-9a-f]{16} ", listed.Output);
        Assert.DoesNotContain('\e', listed.Output);

        var other = await PipeProxyBinary.RunAsync(["mtls-certificate", "list", "--account", "another"], _folder.Path);
        Assert.DoesNotContain("aws-alb-cert", other.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
