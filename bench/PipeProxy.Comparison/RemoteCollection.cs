using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace PipeProxy.Comparison;

/// <summary>A full, blocking garbage collection in another .NET process, asked for by the runtime's diagnostics port.</summary>
internal static class RemoteCollection
{
    // The runtime's own event source collects once when somebody starts to listen with this keyword (GCHeapCollect).
    private const long CollectKeyword = 0x800000;

    /// <summary>Collects; returns when it is done.</summary>
    /// <param name="processId">A .NET process of the same user.</param>
    public static void Run(int processId)
    {
        using var session = new DiagnosticsClient(processId).StartEventPipeSession(new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, CollectKeyword));
        var drained = Task.Run(() => session.EventStream.CopyTo(Stream.Null));
        session.Stop(); // answers after the collection
        drained.Wait();
    }
}
