using System.Text.Json.Serialization;
using PipeProxy.Rotation;
using PipeProxy.Telemetry;

namespace PipeProxy.Control;

/// <summary>What a command asks of a running proxy: one line of JSON on a connection of its own, answered by one line.</summary>
/// <param name="Version">Of this protocol; <see cref="CurrentVersion"/>.</param>
/// <param name="Command">One of <see cref="ControlCommand"/>.</param>
/// <param name="Certificate">The name it is about, where it is about one.</param>
internal sealed record ControlRequest(int Version, string Command, string? Certificate = null)
{
    /// <summary>Raised when an old command could misunderstand a new proxy, or the other way round; fields that are only added do not raise it.</summary>
    internal const int CurrentVersion = 1;

    /// <summary>How long the proxy may wait for connections of an old identity to end, in milliseconds; at most a minute.</summary>
    public int WaitMilliseconds { get; init; }
}

/// <summary>The words of <see cref="ControlRequest.Command"/>.</summary>
internal static class ControlCommand
{
    /// <summary>Read the certificates now, decide what changed under the name, wait for the old identity's connections, and tell.</summary>
    internal const string Settle = "settle";

    /// <summary>Which routes present the name.</summary>
    internal const string Usage = "usage";

    /// <summary>The last failures, and whether the proxy is ready.</summary>
    internal const string Recent = "recent";
}

/// <summary>A proxy's answer; what the command does not ask for is null.</summary>
internal sealed record ControlAnswer
{
    public int Version { get; init; } = ControlRequest.CurrentVersion;

    /// <summary>The proxy's process.</summary>
    public int Process { get; init; }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Why there is no other answer.</summary>
    public string? Error { get; init; }

    /// <summary>Why the proxy cannot read what the name is to mean; it goes on with what it meant before. A sentence.</summary>
    public string? Unreadable { get; init; }

    /// <summary>The version that the name means now.</summary>
    public int? InForce { get; init; }

    /// <summary>Why it may not be presented; null when it may.</summary>
    public string? Problem { get; init; }

    /// <summary>Names of the routes that present it.</summary>
    public IReadOnlyList<string>? Routes { get; init; }

    /// <summary>How the last change under the name ended.</summary>
    public CertificateRotation? Rotation { get; init; }

    /// <summary>Connections that are still open under identities that the name does not mean any more.</summary>
    public int? Leaving { get; init; }

    /// <summary>The last failures, the latest first.</summary>
    public IReadOnlyList<OriginFailure>? Failures { get; init; }

    /// <summary>Some route can be served.</summary>
    public bool? Ready { get; init; }

    /// <summary>Why routes cannot be served.</summary>
    public IReadOnlyList<string>? NotReady { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
