namespace PipeProxy.Tests.Architecture;

/// <summary>Which folder of src/PipeProxy may use which. The table is written here once; src/PipeProxy/README.md is tested against it.</summary>
internal static class LayerTable
{
    /// <summary>The files directly in src/PipeProxy: the composition root. It may use everything, and nothing uses it.</summary>
    internal const string Root = "root";

    /// <summary>Folder, and the folders it may use besides itself.</summary>
    internal static IReadOnlyDictionary<string, string[]> MayUse { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Http1"] = [],
        ["Configuration"] = [],
        ["Telemetry"] = ["Configuration"],
        ["Certificates"] = ["Configuration"],
        ["Transport"] = ["Configuration", "Telemetry"],
        ["Routing"] = ["Configuration", "Http1"],
        ["Tls"] = ["Transport", "Certificates", "Configuration", "Telemetry"],
        ["Upstream"] = ["Tls", "Transport", "Certificates", "Configuration", "Telemetry"],
        ["Connections"] = ["Transport", "Tls", "Http1", "Configuration", "Telemetry"],
        ["Forwarding"] = ["Connections", "Routing", "Upstream", "Http1", "Certificates", "Configuration", "Telemetry"],
        ["Rotation"] = ["Upstream", "Tls", "Transport", "Http1", "Certificates", "Configuration", "Telemetry"],
        ["Control"] = ["Rotation", "Telemetry", "Configuration"],
        ["Diagnosis"] = ["Upstream", "Tls", "Transport", "Http1", "Certificates", "Configuration", "Telemetry"],
    };

    /// <summary>What the library has no business with, whichever the folder: namespaces, types and members of others, by full name.</summary>
    internal static IReadOnlyList<string> Forbidden { get; } =
    [
        "Microsoft.AspNetCore",
        "Org.BouncyCastle",
        "System.Console",
        "System.Threading.Thread.Sleep",
    ];

    /// <summary>The walk of one request, in reading order.</summary>
    internal static IReadOnlyList<string> Walk { get; } =
    [
        "Transport/SocketListener.cs",
        "Transport/SocketConnection.cs",
        "Connections/Http1Connection.cs",
        "Http1/Http1Parser.cs",
        "Forwarding/RequestDispatcher.cs",
        "Routing/RouteTable.cs",
        "Forwarding/Forwarder.cs",
        "Upstream/UpstreamPool.cs",
        "Tls/TlsConnector.cs",
    ];

    /// <summary>True when code of one folder may use the code of another; both may be <see cref="Root"/>.</summary>
    internal static bool Allows(string from, string to) =>
        from == to || from == Root || (to != Root && MayUse.TryGetValue(from, out string[]? allowed) && allowed.Contains(to));
}
