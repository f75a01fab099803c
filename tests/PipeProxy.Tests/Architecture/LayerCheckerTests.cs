using Microsoft.CodeAnalysis.CSharp;

namespace PipeProxy.Tests.Architecture;

/// <summary>Plants violations one by one: the check of the library is worth what these show it to see.</summary>
public sealed class LayerCheckerTests
{
    // Http1 may use no other folder; what it must not touch stands in Transport, Forwarding and the root.
    private static readonly LibrarySource[] Others =
    [
        new("Transport/Socketlet.cs", """
            namespace PipeProxy.Transport;

            internal class Socketlet
            {
                internal static Socketlet Shared { get; } = new();
                internal int Port => 1;
                internal Socketlet Next() => this;
                internal static int Count() => 0;
                internal void Deconstruct(out int a, out int b) => (a, b) = (1, 2);
                public static implicit operator int(Socketlet socket) => socket.Port;
                public static bool operator !(Socketlet socket) => false;
            }

            internal static class Extensions { internal static int Twice(this int number) => 2 * number; }
            internal sealed class MarkAttribute : System.Attribute;
            internal interface IWatcher;
            """),
        // Every folder may use itself, and Upstream may use Transport: a way to get hold of its type without naming it.
        new("Http1/Borrowed.cs", """
            namespace PipeProxy.Http1;

            internal static class Generic { internal static T Make<T>() => default!; }
            """),
        new("Upstream/Pool.cs", """
            namespace PipeProxy.Upstream;

            internal sealed class Pool
            {
                internal Transport.Socketlet Rent() => new();
                internal Transport.Socketlet[] Idle = [];
                internal event System.Action<Transport.Socketlet>? Rented;
                internal void Raise() => Rented?.Invoke(Rent());
                internal void Take(System.Func<Transport.Socketlet, int> choose) => choose(Rent());
                internal bool TryRent(out Transport.Socketlet socket) { socket = Rent(); return true; }
            }
            """),
        new("ReverseProxy.cs", "namespace PipeProxy; internal sealed class ReverseProxy { internal const int Limit = 3; }"),
    ];

    [Theory]
    [InlineData("using PipeProxy.Transport;\nnamespace PipeProxy.Http1;\nclass A;", 1, "PipeProxy.Transport")]
    [InlineData("using static PipeProxy.Transport.Socketlet;\nnamespace PipeProxy.Http1;\nclass A { int N => Count(); }", 1, "PipeProxy.Transport.Socketlet")]
    [InlineData("using static PipeProxy.Transport.Socketlet;\nnamespace PipeProxy.Http1;\nclass A { int N => Count(); }", 3, "PipeProxy.Transport.Socketlet")]
    [InlineData("using S = PipeProxy.Transport.Socketlet;\nnamespace PipeProxy.Http1;\nclass A { S? F; }", 3, "PipeProxy.Transport.Socketlet")]
    [InlineData("using T = PipeProxy.Transport;\nnamespace PipeProxy.Http1;\nclass A;", 1, "PipeProxy.Transport")]
    [InlineData("namespace PipeProxy.Http1;\nclass A\n{\n    PipeProxy.Transport.Socketlet? F;\n}", 4, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { Transport.Socketlet? F; }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { int N => global::PipeProxy.Transport.Socketlet.Count(); }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A : Transport.Socketlet;", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A : Transport.IWatcher;", 2, "PipeProxy.Transport.IWatcher")]
    [InlineData("namespace PipeProxy.Http1;\n[Transport.Mark]\nclass A;", 2, "PipeProxy.Transport.MarkAttribute")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { string N => nameof(Transport.Socketlet.Port); }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { System.Collections.Generic.List<Transport.Socketlet>? F; }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { object N => Generic.Make<Transport.Socketlet>(); }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A<T> where T : Transport.Socketlet;", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { System.Type T => typeof(Transport.Socketlet); }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { bool Is(object o) => o is Transport.Socketlet { Port: 1 }; }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { unsafe delegate*<Transport.Socketlet, void> F; }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\nclass A { (int, Transport.Socketlet)[]? F; }", 2, "PipeProxy.Transport.Socketlet")]
    [InlineData("namespace PipeProxy.Http1;\n/// <see cref=\"Transport.Socketlet\"/>\nclass A;", 2, "PipeProxy.Transport.Socketlet")]
    public void NamedUse_IsReported(string source, int line, string what) => AssertReported("Http1/A.cs", source, line, "Http1", what);

    [Theory]
    [InlineData("var socket = pool.Rent();")]
    [InlineData("pool.Rent();")]
    [InlineData("_ = pool.Rent().Port;")]
    [InlineData("_ = pool.Rent().Next().Port;")]
    [InlineData("int port = pool.Rent();")]
    [InlineData("foreach (var socket in pool.Idle) { }")]
    [InlineData("pool.TryRent(out var socket);")]
    [InlineData("pool.TryRent(out _);")]
    [InlineData("pool.Take(socket => 1);")]
    [InlineData("pool.Rented += _ => { };")]
    [InlineData("var (a, b) = pool.Rent();")]
    [InlineData("_ = !pool.Rent();")]
    [InlineData("if (pool.Rent() is (1, 2)) { }")]
    [InlineData("if (pool.Rent() is { } socket) { }")]
    [InlineData("_ = new { Socket = pool.Rent() };")]
    [InlineData("_ = pool.Idle.Length;")]
    [InlineData("_ = from socket in pool.Idle select 1;")]
    [InlineData("System.Func<object> rent = pool.Rent;")]
    public void UnnamedUse_IsReported(string statement)
    {
        // Forwarding may use Upstream but not Transport: no line names the type that it gets from there.
        string source = $"using System.Linq;\nnamespace PipeProxy.Forwarding;\nclass A\n{{\n    void M(Upstream.Pool pool)\n    {{\n        {statement}\n    }}\n}}";
        AssertReported("Forwarding/A.cs", source, 7, "Forwarding", "PipeProxy.Transport.Socketlet");
    }

    [Fact]
    public void ExtensionMethod_IsReportedUnderItsClass() => AssertReported(
        "Forwarding/A.cs",
        "namespace PipeProxy.Forwarding { using PipeProxy.Transport;\nclass A { int N => 2.Twice(); } }",
        2,
        "Forwarding",
        "PipeProxy.Transport.Extensions");

    [Fact]
    public void CodeUnderDebug_IsReportedWithDebug()
    {
        LibrarySource source = new("Http1/A.cs", "namespace PipeProxy.Http1;\nclass A\n{\n#if DEBUG\n    Transport.Socketlet? F;\n#endif\n}");
        Assert.Empty(Check(source));
        Assert.Contains(Check(source, debug: true), violation => violation is { Line: 5, What: "PipeProxy.Transport.Socketlet" });
    }

    [Theory]
    [InlineData("Http1")]
    [InlineData("Forwarding")]
    [InlineData("Telemetry")]
    public void UseOfTheRoot_IsReported(string folder) => AssertReported(
        $"{folder}/A.cs", $"namespace PipeProxy.{folder};\nclass A {{ int N => ReverseProxy.Limit; }}", 2, folder, "PipeProxy.ReverseProxy");

    [Fact]
    public void RootAndAllowedUses_AreNotReported()
    {
        Assert.Empty(Check(new LibrarySource("Root.cs", "using PipeProxy.Transport;\nnamespace PipeProxy;\nclass A { Socketlet? F; Upstream.Pool? G; }")));
        Assert.Empty(Check(new LibrarySource("Upstream/A.cs", "using PipeProxy.Transport;\nnamespace PipeProxy.Upstream;\nclass A { int N => Socketlet.Shared.Next().Port.Twice(); }")));
        Assert.Empty(Check(new LibrarySource("Transport/Sub/A.cs", "namespace PipeProxy.Transport.Sub;\nclass A : Socketlet;")));
    }

    [Theory]
    [InlineData("Http1/A.cs", "namespace PipeProxy.Routing;\nclass A;", 1, "Http1", "the namespace PipeProxy.Routing: its folder says PipeProxy.Http1")]
    [InlineData("Http1/A.cs", "namespace PipeProxy;\nclass A;", 1, "Http1", "the namespace PipeProxy: its folder says PipeProxy.Http1")]
    [InlineData("Http1/A.cs", "class A;", 1, "Http1", "the global namespace: its folder says PipeProxy.Http1")]
    [InlineData("A.cs", "namespace PipeProxy.Http1;\nclass A;", 1, "root", "the namespace PipeProxy.Http1: its folder says PipeProxy")]
    [InlineData("Odds/A.cs", "namespace PipeProxy.Odds;\nclass A;", 1, "Odds", "itself: the folder 'Odds' is not in the table")]
    public void WrongPlace_IsReported(string file, string source, int line, string who, string what) => AssertReported(file, source, line, who, what);

    [Theory]
    [InlineData("class A { void M() => System.Console.WriteLine(); }", "System.Console.WriteLine")]
    [InlineData("class A { void M() => System.Threading.Thread.Sleep(1); }", "System.Threading.Thread.Sleep")]
    [InlineData("class A { Org.BouncyCastle.Math.BigInteger? N; }", "Org.BouncyCastle.Math.BigInteger")]
    public void ForbiddenApi_IsReported(string declaration, string what) =>
        AssertReported("Upstream/A.cs", $"namespace PipeProxy.Upstream;\n{declaration}", 2, "Upstream", what);

    [Fact]
    public void SourceWithErrors_IsNotTakenForGood() =>
        Assert.NotEmpty(LibraryCompilation.Errors(LibraryCompilation.Compile([new LibrarySource("Http1/A.cs", "namespace PipeProxy.Http1; class A { Missing? F; }")])));

    [Fact]
    public void GeneratedCode_IsCompiledAlong()
    {
        LibrarySource source = new("Http1/A.cs", """
            using System.Runtime.InteropServices;
            using System.Text.RegularExpressions;
            using Microsoft.Extensions.Logging;
            namespace PipeProxy.Http1;
            partial class A
            {
                [GeneratedRegex("a+")] private static partial Regex Letters();
                [LibraryImport("libc")] private static partial int getpid();
                [LoggerMessage(Level = LogLevel.Information, Message = "started")] private static partial void Started(ILogger logger);
            }
            """);
        Finding.None(LibraryCompilation.Errors(LibraryCompilation.Compile([source])));
    }

    private static void AssertReported(string file, string source, int line, string who, string what)
    {
        IReadOnlyList<LayerViolation> violations = Check(new LibrarySource(file, source));
        Assert.Contains(new LayerViolation(file, line, who, what), violations);
        Assert.Contains($"src/PipeProxy/{file}:{line}: {who} may not use {what}", violations.Select(violation => violation.ToString()));
    }

    private static IReadOnlyList<LayerViolation> Check(LibrarySource planted, bool debug = false)
    {
        LibrarySource[] sources = [planted, .. Others];
        CSharpCompilation compilation = LibraryCompilation.Compile(sources, debug);
        Finding.None(LibraryCompilation.Errors(compilation));
        return LayerChecker.Check(compilation, [planted]);
    }
}
