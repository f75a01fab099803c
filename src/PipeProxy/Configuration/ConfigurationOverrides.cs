namespace PipeProxy.Configuration;

/// <summary>What the command line says. A value that is set stands in place of the file's key.</summary>
public sealed record ConfigurationOverrides
{
    /// <summary><c>--config</c>. Null: <c>pipeproxy.json</c> in the working directory when it is there.</summary>
    public string? ConfigFile { get; init; }

    /// <summary><c>--listen</c>, repeatable; not empty: replaces <c>listeners</c>.</summary>
    public IReadOnlyList<string> Listen { get; init; } = [];

    /// <summary><c>--routes</c>, a file.</summary>
    public string? Routes { get; init; }

    /// <summary><c>--forward</c>: one route that takes everything to this base URL.</summary>
    public string? Forward { get; init; }

    /// <summary><c>--mtls-certificate</c>, with <see cref="Forward"/>.</summary>
    public string? MtlsCertificate { get; init; }

    /// <summary><c>--store</c>.</summary>
    public string? Store { get; init; }

    /// <summary><c>--environment-type</c>.</summary>
    public string? EnvironmentType { get; init; }

    /// <summary><c>--trusted-ca</c>.</summary>
    public string? TrustedCa { get; init; }

    /// <summary><c>--env-file</c>.</summary>
    public string? EnvFile { get; init; }

    /// <summary><c>--allow-unsupported</c>: what is not supported becomes a warning.</summary>
    public bool AllowUnsupported { get; init; }

    /// <summary><c>--status-profile</c>.</summary>
    public string? StatusProfile { get; init; }

    /// <summary><c>--error-detail</c>.</summary>
    public string? ErrorDetail { get; init; }

    /// <summary><c>--access-log</c>, a file or <c>-</c>.</summary>
    public string? AccessLog { get; init; }

    /// <summary><c>--tls-certificate</c>, with <see cref="TlsKey"/>: for every https listener.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary><c>--tls-key</c>.</summary>
    public string? TlsKey { get; init; }
}
