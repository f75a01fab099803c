using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Architecture;

/// <summary>Rules about files, projects and names that no compiler holds.</summary>
public sealed partial class RepositoryTests
{
    private static readonly string[] CodeFolders = ["src", "tools", "bench", "tests"];

    private static readonly string[] Projects =
    [
        "src/PipeProxy/PipeProxy.csproj",
        "src/PipeProxy.Admin/PipeProxy.Admin.csproj",
        "src/PipeProxy.Cli/PipeProxy.Cli.csproj",
        "tools/CertificateAuthority/CertificateAuthority.csproj",
        "tools/AlbSimulator/AlbSimulator.csproj",
        "tools/Demo/Demo.csproj",
        "bench/PipeProxy.Comparison/PipeProxy.Comparison.csproj",
        "bench/PipeProxy.LoadTest/PipeProxy.LoadTest.csproj",
        "bench/PipeProxy.Microbenchmarks/PipeProxy.Microbenchmarks.csproj",
        "bench/peers/",
        "tests/PipeProxy.Tests/PipeProxy.Tests.csproj",
        "tests/PipeProxy.FunctionalTests/PipeProxy.FunctionalTests.csproj",
        "tests/PipeProxy.Testing/PipeProxy.Testing.csproj",
        "tests/PipeProxy.Fuzz/PipeProxy.Fuzz.csproj",
        "tests/PipeProxy.FailureMatrix/PipeProxy.FailureMatrix.csproj",
        "tests/PipeProxy.RuleTable/PipeProxy.RuleTable.csproj",
        "tests/PipeProxy.Simulation/PipeProxy.Simulation.csproj",
    ];

    [Fact]
    public void Projects_StandWhereTheLayoutSays() =>
        Finding.None(ProjectFiles().Where(project => !Projects.Any(known => known.EndsWith('/') ? project.StartsWith(known, StringComparison.Ordinal) : project == known)));

    [Theory]
    [InlineData("PipeProxy.sln")]
    [InlineData("Directory.Build.props")]
    [InlineData("Directory.Packages.props")]
    [InlineData("global.json")]
    [InlineData(".editorconfig")]
    [InlineData(".ci/run")]
    public void TopLevelFile_IsThere(string file) => Assert.True(File.Exists(RepositoryRoot.Combine(file)), file);

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        string solution = File.ReadAllText(RepositoryRoot.Combine("PipeProxy.sln")).Replace('\\', '/');
        Finding.None(ProjectFiles().Where(project => !project.StartsWith("bench/peers/", StringComparison.Ordinal) && !solution.Contains($"\"{project}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Projects_NameNoRuntimeIdentifier() // it moves artifacts/bin/PipeProxy.Cli/release
        => Finding.None(ProjectFiles().Where(project => File.ReadAllText(RepositoryRoot.Combine(project)).Contains("<RuntimeIdentifier", StringComparison.Ordinal)));

    [Fact]
    public void Run_IsExecutable()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(RepositoryRoot.Combine(".ci", "run")).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public void Names_SayWhatThingsAre() =>
        Finding.None(CodeFiles("*").Where(path => path.Split('/').Any(IsVague)));

    [Theory]
    [InlineData("StringHelpers.cs", true)]
    [InlineData("ByteUtils.cs", true)]
    [InlineData("Utilities", true)]
    [InlineData("ConnectionManager.cs", true)]
    [InlineData("Infrastructure", true)]
    [InlineData("Common", true)]
    [InlineData("CommonName.cs", false)]
    [InlineData("Forwarder.cs", false)]
    public void VagueName_IsSeen(string name, bool vague) => Assert.Equal(vague, IsVague(name));

    [Fact]
    public void Types_SayWhatTheyAre() =>
        Finding.None(CodeFiles("*.cs").SelectMany(path => Parse(path).DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            .Where(type => IsVague(type.Identifier.Text)).Select(type => $"{path}: {type.Identifier.Text}")));

    [Fact]
    public void Source_NeverSleeps() =>
        Finding.None(CodeFiles("*.cs").Where(path => path.StartsWith("src/", StringComparison.Ordinal)).SelectMany(path => Sleeps(Parse(path)).Select(line => $"{path}:{line}")));

    [Fact]
    public void Sleep_IsSeen()
    {
        Assert.Equal([1, 2, 3], Sleeps(CSharpSyntaxTree.ParseText("Thread.Sleep(1);\nSystem.Threading.Thread.Sleep(1);\nSleep(1);\nthread.Wait();").GetRoot()));
    }

    [Fact]
    public void Tools_ReferToNothingOfTheLibrary() => Finding.None(ToolProjects().SelectMany(project => LibraryReferences(project.Name, project.Text)));

    [Theory]
    [InlineData("<Project><ItemGroup><ProjectReference Include=\"../../src/PipeProxy/PipeProxy.csproj\" /></ItemGroup></Project>", true)]
    [InlineData("<Project><ItemGroup><ProjectReference Include=\"..\\..\\src\\PipeProxy\\PipeProxy.csproj\" /></ItemGroup></Project>", true)]
    [InlineData("<Project><ItemGroup><Compile Include=\"../../src/PipeProxy/Http1/**/*.cs\" /></ItemGroup></Project>", true)]
    [InlineData("<Project><ItemGroup><PackageReference Include=\"PipeProxy\" /></ItemGroup></Project>", true)]
    [InlineData("<Project><ItemGroup><ProjectReference Include=\"../../src/PipeProxy.Cli/PipeProxy.Cli.csproj\" ReferenceOutputAssembly=\"false\" /></ItemGroup></Project>", false)]
    [InlineData("<Project><ItemGroup><ProjectReference Include=\"../CertificateAuthority/CertificateAuthority.csproj\" /></ItemGroup></Project>", false)]
    public void ToolReference_IsSeen(string project, bool reported) => Assert.Equal(reported, LibraryReferences("tools/A/A.csproj", project).Any());

    [Fact]
    public void Tools_NameNothingOfTheLibrary() =>
        Finding.None(CodeFiles("*.cs").Where(path => path.StartsWith("tools/", StringComparison.Ordinal)).SelectMany(path => LibraryNames(Parse(path)).Select(line => $"{path}:{line}")));

    [Fact]
    public void ToolName_IsSeen() => Assert.Equal(
        [1, 2, 3],
        LibraryNames(CSharpSyntaxTree.ParseText("using PipeProxy.Http1;\n[assembly: A(typeof(PipeProxy.B))]\nPipeProxy.Tls.C.D();\nstring s = \"PipeProxy.Http1\";").GetRoot()));

    private static IEnumerable<int> Sleeps(SyntaxNode root) => Lines(root.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(call => call.Expression switch
    {
        MemberAccessExpressionSyntax { Name.Identifier.Text: "Sleep" } => true,
        IdentifierNameSyntax { Identifier.Text: "Sleep" } => true, // using static
        _ => false,
    }));

    private static IEnumerable<int> LibraryNames(SyntaxNode root) =>
        Lines(root.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.Text == "PipeProxy"));

    private static IEnumerable<int> Lines(IEnumerable<SyntaxNode> nodes) => nodes.Select(node => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1).Distinct();

    private static IEnumerable<string> LibraryReferences(string name, string project) =>
        from item in XDocument.Parse(project).Descendants()
        let include = ((string?)item.Attribute("Include") ?? (string?)item.Attribute("Update") ?? (string?)item.Attribute("Project") ?? "").Replace('\\', '/')
        where include.Contains("/src/", StringComparison.Ordinal) || include.StartsWith("PipeProxy", StringComparison.Ordinal)
        where !(item.Name.LocalName == "ProjectReference" && (string?)item.Attribute("ReferenceOutputAssembly") == "false")
        select $"{name}: {include}";

    private static IEnumerable<(string Name, string Text)> ToolProjects() =>
        CodeFiles("*").Where(path => path.StartsWith("tools/", StringComparison.Ordinal) && Path.GetExtension(path) is ".csproj" or ".props" or ".targets")
            .Select(path => (path, File.ReadAllText(RepositoryRoot.Combine(path))));

    private static bool IsVague(string name) => Vague().IsMatch(name);

    private static SyntaxNode Parse(string path) => CSharpSyntaxTree.ParseText(File.ReadAllText(RepositoryRoot.Combine(path))).GetRoot();

    private static IEnumerable<string> ProjectFiles() => CodeFiles("*.csproj");

    // Build output goes to artifacts/, so that these folders hold sources only.
    private static IEnumerable<string> CodeFiles(string pattern) => CodeFolders
        .Select(folder => RepositoryRoot.Combine(folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(RepositoryRoot.Path, path).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    // A common name is a field of X.509 subjects.
    [GeneratedRegex("Helper|Utils|Utilit(y|ies)|Manager|Infrastructure|Common(?!Name)", RegexOptions.CultureInvariant)]
    private static partial Regex Vague();
}
