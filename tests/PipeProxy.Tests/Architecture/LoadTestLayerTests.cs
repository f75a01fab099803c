using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PipeProxy.Tests.Architecture;

/// <summary>The load generator moves bytes with the library and judges them by itself: a parser that is measured must not do the measuring.</summary>
public sealed class LoadTestLayerTests
{
    // Telemetry: the Failure in which Tls tells why there is no connection.
    private static readonly string[] Allowed = ["PipeProxy.Transport", "PipeProxy.Tls", "PipeProxy.Telemetry"];

    [Fact]
    public void LoadTest_UsesTransportAndTlsOnly()
    {
        var used = NamespacesUsed(typeof(PipeProxy.LoadTest.ExitCode).Assembly.Location);
        Assert.Contains("PipeProxy.Transport", used);
        Finding.None(used.Except(Allowed));
    }

    [Fact]
    public void UseOfOtherFolders_IsSeen() => Assert.Contains("PipeProxy.Http1", NamespacesUsed(typeof(LoadTestLayerTests).Assembly.Location));

    // A built assembly lists every type of another that it touches, however the source got hold of it.
    private static HashSet<string> NamespacesUsed(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (var handle in metadata.TypeReferences)
        {
            var type = metadata.GetTypeReference(handle);
            if (type.ResolutionScope is { Kind: HandleKind.AssemblyReference } scope
                && metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name) == "PipeProxy")
            {
                used.Add(metadata.GetString(type.Namespace));
            }
        }

        return used;
    }
}
