namespace PipeProxy.Configuration;

/// <summary>A named CORS policy, in the terms of the guide's product.</summary>
/// <param name="Name">What a route's <c>corsPolicy</c> says.</param>
public sealed record CorsPolicyConfig(string Name)
{
    /// <summary>Origins such as <c>https://app.example</c>, or <c>*</c>. At least one.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Methods beyond the simple ones, or <c>*</c>. Default: none.</summary>
    public IReadOnlyList<string> AllowedMethods { get; init; } = [];

    /// <summary>Request fields, or <c>*</c>. Default: none.</summary>
    public IReadOnlyList<string> AllowedHeaders { get; init; } = [];

    /// <summary>Response fields that scripts may read, or <c>*</c>. Default: none.</summary>
    public IReadOnlyList<string> ExposeHeaders { get; init; } = [];

    /// <summary>How long a preflight's answer is kept, whole seconds. Default null: the browser's own.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Requests may carry cookies. Default false; never together with the origin <c>*</c>.</summary>
    public bool AllowCredentials { get; init; }
}
