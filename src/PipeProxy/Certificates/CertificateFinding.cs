namespace PipeProxy.Certificates;

/// <summary>One thing that is wrong, or may become wrong, with a certificate or its key.</summary>
/// <param name="Code">Stable name of the rule, such as <c>key-mismatch</c>.</param>
/// <param name="Severity">Whether it refuses the certificate.</param>
/// <param name="Message">What was found, one sentence. Never key material.</param>
/// <param name="Next">What to do, one sentence or a command.</param>
public sealed record CertificateFinding(string Code, FindingSeverity Severity, string Message, string Next)
{
    /// <summary>It lies in the key, or in the file that was given as the key.</summary>
    internal bool IsAboutKey { get; init; }

    /// <summary><c>error: code: message</c>.</summary>
    public override string ToString() => $"{(Severity == FindingSeverity.Error ? "error" : "warning")}: {Code}: {Message}";

    internal static CertificateFinding Error(string code, string message, string next) => new(code, FindingSeverity.Error, message, next);

    internal static CertificateFinding Warning(string code, string message, string next) => new(code, FindingSeverity.Warning, message, next);
}

/// <summary>What a <see cref="CertificateFinding"/> does.</summary>
public enum FindingSeverity
{
    /// <summary>Shown, and the certificate is kept: it may be what another origin accepts, or become right with time.</summary>
    Warning,

    /// <summary>The certificate is refused: no ALB would ever accept it, or it cannot be presented at all.</summary>
    Error,
}
