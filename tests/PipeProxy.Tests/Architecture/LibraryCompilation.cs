using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Architecture;

/// <summary>A source file of the library.</summary>
/// <param name="Path">Relative to src/PipeProxy, with forward slashes.</param>
/// <param name="Text">Its C#.</param>
internal sealed record LibrarySource(string Path, string Text);

/// <summary>The library compiled in memory, so that each name in it can be asked what it means.</summary>
/// <remarks>
/// It is compiled as the build does it: the same implicit usings, source generators and language settings. References are the
/// runtime's assemblies and the packages beside the tests, without the solution's own.
/// </remarks>
internal static class LibraryCompilation
{
    /// <summary>The folder of the library's sources.</summary>
    internal static string Folder { get; } = RepositoryRoot.Combine("src", "PipeProxy");

    private static readonly Lazy<IReadOnlyList<LibrarySource>> LazySources = new(ReadSources);
    private static readonly Lazy<IReadOnlyList<MetadataReference>> LazyReferences = new(FindReferences);
    private static readonly Lazy<IReadOnlyList<ISourceGenerator>> LazyGenerators = new(FindGenerators);

    /// <summary>All of src/PipeProxy.</summary>
    internal static IReadOnlyList<LibrarySource> Sources => LazySources.Value;

    /// <summary>Compiles sources. Each tree's path is the source's; trees made by the build or a generator have none of these.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="debug">Defines DEBUG, so that code under <c>#if</c> is seen both ways.</param>
    internal static CSharpCompilation Compile(IEnumerable<LibrarySource> sources, bool debug = false)
    {
        CSharpParseOptions parsing = new(
            LanguageVersion.Latest,
            DocumentationMode.Parse,
            preprocessorSymbols: debug ? ["NET", "NET10_0", "NET10_0_OR_GREATER", "DEBUG", "TRACE"] : ["NET", "NET10_0", "NET10_0_OR_GREATER", "RELEASE", "TRACE"]);
        CSharpCompilation bare = CSharpCompilation.Create(
            "PipeProxy",
            sources.Append(GlobalUsings()).Select(source => CSharpSyntaxTree.ParseText(source.Text, parsing, source.Path)),
            LazyReferences.Value,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create(LazyGenerators.Value, parseOptions: parsing).RunGeneratorsAndUpdateCompilation(bare, out Compilation whole, out _);
        return (CSharpCompilation)whole;
    }

    /// <summary>What the compiler objects to. Anything here makes the compilation blind, so tests require that there is nothing.</summary>
    internal static IReadOnlyList<string> Errors(CSharpCompilation compilation) =>
        [.. compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString())];

    private static IReadOnlyList<LibrarySource> ReadSources() =>
        [.. Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => new LibrarySource(Path.GetRelativePath(Folder, path).Replace('\\', '/'), File.ReadAllText(path)))
            .OrderBy(source => source.Path, StringComparer.Ordinal)];

    // The file that the build generated from ImplicitUsings and Using items, of the tests' own configuration.
    private static LibrarySource GlobalUsings()
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string path = RepositoryRoot.Combine("artifacts", "obj", "PipeProxy", configuration, "PipeProxy.GlobalUsings.g.cs");
        return new LibrarySource(path, File.ReadAllText(path));
    }

    private static IReadOnlyList<MetadataReference> FindReferences()
    {
        HashSet<string> own = Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return [.. platform.Split(Path.PathSeparator)
            .Where(path => path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !own.Contains(Path.GetFileNameWithoutExtension(path)))
            .Select(path => MetadataReference.CreateFromFile(path))];
    }

    // [GeneratedRegex], [LibraryImport] and [LoggerMessage] leave partial methods that only their generators complete.
    private static IReadOnlyList<ISourceGenerator> FindGenerators()
    {
        AnalyzerLoader loader = new();
        return [.. PlatformAnalyzers().Concat(PackageAnalyzers())
            .SelectMany(path => new AnalyzerFileReference(path, loader).GetGenerators(LanguageNames.CSharp))];
    }

    private static IEnumerable<string> PlatformAnalyzers()
    {
        string sdk = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        string packs = Path.Combine(sdk, "packs", "Microsoft.NETCore.App.Ref");
        string? newest = Directory.Exists(packs)
            ? Directory.EnumerateDirectories(packs, "10.*").MaxBy(path => Version.TryParse(Path.GetFileName(path), out Version? version) ? version : new Version())
            : null;
        string folder = Path.Combine(newest ?? packs, "analyzers", "dotnet", "cs");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.dll") : [];
    }

    // Where NuGet put the packages of the library, and which of their files are analyzers, stands in the restore's own record.
    private static List<string> PackageAnalyzers()
    {
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.Combine("artifacts", "obj", "PipeProxy", "project.assets.json")));
        List<string> folders = [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
        List<string> found = [];
        foreach (JsonProperty library in assets.RootElement.GetProperty("libraries").EnumerateObject())
        {
            if (!library.Value.TryGetProperty("path", out JsonElement package) || !library.Value.TryGetProperty("files", out JsonElement files))
            {
                continue;
            }

            // analyzers/dotnet/roslyn4.4/cs/NAME.dll, once per compiler version: the newest counts.
            IEnumerable<string> newest = files.EnumerateArray()
                .Select(file => file.GetString()!)
                .Where(file => file.StartsWith("analyzers/dotnet/", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal)
                    && !file.EndsWith(".resources.dll", StringComparison.Ordinal) && !file.Contains("/vb/", StringComparison.Ordinal))
                .GroupBy(file => Path.GetDirectoryName(file)!)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .LastOrDefault() ?? Enumerable.Empty<string>();
            found.AddRange(newest
                .Select(file => folders.Select(folder => Path.Combine(folder, package.GetString()!, file)).FirstOrDefault(File.Exists))
                .OfType<string>());
        }

        return found;
    }

    private sealed class AnalyzerLoader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) => System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
