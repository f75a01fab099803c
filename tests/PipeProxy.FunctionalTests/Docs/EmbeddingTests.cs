using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>The program of docs/embedding.md compiles as it stands, starts a proxy, changes it live and stops it.</summary>
public sealed class EmbeddingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task ProgramOfThePage_BuildsAndServes()
    {
        DocPage page = DocPage.Read("docs/embedding.md");
        using TemporaryDirectory folder = new();
        string binaries = Path.GetDirectoryName(ProxyBinary.Path)!;

        // The page references the library's project; a build of that beside a running test would race with it, so what was built is referenced here.
        folder.Write("Embedding.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <Reference Include="{binaries}/PipeProxy.dll" />
                <Reference Include="{binaries}/Microsoft.Extensions.*.dll" />
              </ItemGroup>
            </Project>
            """);
        folder.Write("Program.cs", Assert.Single(page.Blocks, block => block.Language == "csharp" && block.Directive == "file Program.cs").Text);
        Dictionary<string, string?> environment = new() { ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false", ["DOTNET_NOLOGO"] = "1" };
        await using TestProcess build = await TestProcess.RunAsync("dotnet", ["build", "-c", "Release", "-o", folder.Combine("out")], folder.Path, environment, Limit);
        Assert.True(build.ExitCode == 0, build.Transcript);

        using TemporaryDirectory certificates = new();
        CertificateAuthority.DemoSet.Write(certificates.Path);
        await using AlbSimulator.LoadBalancer origin = AlbSimulator.LoadBalancer.Start(new AlbSimulator.LoadBalancerOptions
        {
            CertificatePem = File.ReadAllText(certificates.Combine("server-cert.pem")),
            PrivateKeyPem = File.ReadAllText(certificates.Combine("server-key.pem")),
            TrustStorePem = File.ReadAllText(certificates.Combine("root-cert.pem")),
        });
        await using TestProcess program = TestProcess.Start("dotnet", [folder.Combine("out", "Embedding.dll"), $"https://localhost:{origin.Port}", certificates.Path], folder.Path, environment);

        string listening = await program.WaitForLineAsync("^listening on http://", Limit);
        using RawClient client = await RawClient.ConnectAsync(new Uri(listening["listening on ".Length..]).Port);
        await AssertStatusAsync(client, "/v1/orders", 200);
        await AssertStatusAsync(client, "/v2/orders", 404);

        await program.Input.WriteLineAsync();
        await program.WaitForLineAsync("^revision 2 applied: True", Limit);
        await AssertStatusAsync(client, "/v1/orders", 200);
        await AssertStatusAsync(client, "/v2/orders", 200);

        await program.Input.WriteLineAsync();
        await program.WaitForExitAsync(Limit);
        Assert.True(program.ExitCode == 0, program.Transcript);
        Assert.All(origin.RequestsSeen, request => Assert.Equal("CN=PipeProxy client ECDSA", request.Subject));
        Assert.Equal(3, origin.RequestsSeen.Count);
    }

    private static async Task AssertStatusAsync(RawClient client, string path, int status)
        => Assert.Equal(status, (await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n", whole: true)).StatusCode);
}
