using System.Text.Json;
using System.Text.Json.Serialization;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary><c>certificate.json</c>: what the store knows about one version beside the pair itself.</summary>
internal sealed record CertificateDocument
{
    /// <summary>Where the certificate may be presented; never empty.</summary>
    public required IReadOnlyList<EnvironmentType> EnvironmentTypes { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>When this version was written, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Lower-case hex of SHA-256 over the leaf's DER; ties this file to the certificate beside it.</summary>
    public required string Fingerprint { get; init; }

    public required CertificateState State { get; init; }

    /// <summary>Which origin refused it and what it said; only beside <see cref="CertificateState.Refused"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Refusal { get; init; }

    /// <summary>An operator put it in force although an origin refuses it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Forced { get; init; }

    /// <summary>It took the place of another and no proxy has put it in force yet: the one that starts next tries it first, while an earlier one stands in.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Untried { get; init; }

    /// <summary>As given to create; filters listings, nothing else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Account { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Project { get; init; }

    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, CertificateDocumentJson.Default.CertificateDocument), (byte)'\n'];

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is no such document.</exception>
    public static CertificateDocument Read(ReadOnlySpan<byte> json)
    {
        var document = JsonSerializer.Deserialize(json, CertificateDocumentJson.Default.CertificateDocument) ?? throw new JsonException("null is no certificate document");
        return document.EnvironmentTypes is { Count: > 0 } && document.Fingerprint is not null ? document : throw new JsonException("environmentTypes or fingerprint is empty");
    }
}

/// <summary>What a stored version is to its certificate.</summary>
public enum CertificateState
{
    /// <summary>Written to be presented.</summary>
    Active,

    /// <summary>Has a successor; stands in for it while that is not valid yet.</summary>
    Overlap,

    /// <summary>An origin refused it during a rotation.</summary>
    Refused,
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(LowerCase<EnvironmentType>), typeof(LowerCase<CertificateState>)])]
[JsonSerializable(typeof(CertificateDocument))]
internal sealed partial class CertificateDocumentJson : JsonSerializerContext;

/// <summary>Enum values as lower-case words, never as numbers.</summary>
internal sealed class LowerCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
