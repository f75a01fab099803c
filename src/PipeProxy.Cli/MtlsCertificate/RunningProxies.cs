using PipeProxy.Certificates;
using PipeProxy.Cli.Output;
using PipeProxy.Control;
using PipeProxy.Rotation;
using PipeProxy.Telemetry;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>The proxies that run with a store: what a change means there, asked through their sockets and told to a person or a script.</summary>
internal static class RunningProxies
{
    // DNS, connect, handshake and the two seconds that an origin has to say no, with room for slow settings.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Longer answers than that end behind the command's back.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    /// <summary>Lets every proxy read the store now, and waits until it is decided what <paramref name="name"/> means there.</summary>
    public static Task<IReadOnlyList<ControlAnswer>> SettleAsync(CertificateStore store, string name, CancellationToken cancellationToken)
        => ControlClient.AskAsync(store.Folder, new ControlRequest(ControlRequest.CurrentVersion, ControlCommand.Settle, name) { WaitMilliseconds = (int)DrainPatience.TotalMilliseconds }, Patience, cancellationToken);

    /// <summary>Which routes of running proxies present <paramref name="name"/>.</summary>
    public static Task<IReadOnlyList<ControlAnswer>> UsageAsync(CertificateStore store, string name, CancellationToken cancellationToken)
        => ControlClient.AskAsync(store.Folder, new ControlRequest(ControlRequest.CurrentVersion, ControlCommand.Usage, name), Patience, cancellationToken);

    /// <summary>Whether a proxy rolled <paramref name="version"/> back.</summary>
    public static bool IsRolledBack(ControlAnswer answer, int version) => answer.Rotation is { Outcome: RotationOutcome.RolledBack } rotation && rotation.ToVersion == version;

    /// <summary>Says of each proxy that gave no answer that nothing is known of it, and of each that cannot read the certificate why.</summary>
    /// <returns>Whether there is one of them.</returns>
    public static bool WriteUndecided(Terminal terminal, IReadOnlyList<ControlAnswer> answers, string name)
    {
        foreach (var answer in answers.Where(static answer => answer.Error is not null))
        {
            terminal.WriteError(
                $"What the proxy {answer.Process} makes of the change is not known: it gave no answer ({answer.Error}).",
                $"See whether it still runs; then ask what is presented: pipeproxy mtls-certificate describe --name {name}, and pipeproxy diagnose --recent.");
        }

        foreach (var answer in answers.Where(static answer => answer.Unreadable is not null))
        {
            terminal.WriteError(
                $"The proxy {answer.Process} cannot read '{name}', so the change is not in force there: {answer.Unreadable}",
                "Let the files belong to the user that the proxy runs as, and give both the same passphrase; then update again.");
        }

        return IsUndecided(answers);
    }

    /// <summary>Whether a proxy gave no answer, or cannot read what the name is to mean.</summary>
    public static bool IsUndecided(IReadOnlyList<ControlAnswer> answers) => IsUnanswered(answers) || IsUnreadable(answers);

    /// <summary>Whether a proxy gave no answer.</summary>
    public static bool IsUnanswered(IReadOnlyList<ControlAnswer> answers) => answers.Any(static answer => answer.Error is not null);

    /// <summary>Whether a proxy cannot read what the name is to mean.</summary>
    public static bool IsUnreadable(IReadOnlyList<ControlAnswer> answers) => answers.Any(static answer => answer.Unreadable is not null);

    /// <summary>What an update to <paramref name="version"/> came to in each proxy.</summary>
    public static void WriteUpdate(Terminal terminal, IReadOnlyList<ControlAnswer> answers, int version)
    {
        if (answers.Count == 0)
        {
            terminal.Output.WriteLine($"No proxy is running with this store; the next one that starts presents version {version}, unless an origin refuses it.");
        }

        foreach (var answer in answers)
        {
            terminal.Output.WriteLine($"{Who(answer)} {ResultOf(answer, version) switch
            {
                "switched" when answer.Rotation!.Forced => $"switched from version {answer.Rotation.FromVersion} to {version}, whatever origins say:",
                "switched" => $"switched from version {answer.Rotation!.FromVersion} to {version}:",
                "rolledBack" => $"stays with version {answer.Rotation!.FromVersion}:",
                "superseded" => $"had version {version} on trial when another change came.",
                "inForce" when answer.Routes is [] => $"knows version {version}; none of its routes presents it.",
                "inForce" when answer.Problem is { } problem => $"does not present it: {problem}.",
                "inForce" => $"has version {version} in force; it is the certificate that it had before.",
                "waiting" => $"stays with version {answer.InForce} while version {version} is not valid.",
                "unreadable" => "stays with what it had; it cannot read the certificate.",
                "unknown" => "does not know the certificate; none of its routes presents it.",
                _ => $"gave no answer: {answer.Error}.",
            }}");
            if (answer.Rotation is { Origins.Count: > 0 } rotation && rotation.ToVersion == version)
            {
                WriteVerdicts(terminal, rotation);
            }

            WriteLeaving(terminal, answer);
        }
    }

    /// <summary>What <c>enable</c>, <c>disable</c>, <c>delete</c> or an update of the environment types alone came to in each proxy.</summary>
    public static void WriteSwitch(Terminal terminal, IReadOnlyList<ControlAnswer> answers)
    {
        if (answers.Count == 0)
        {
            terminal.Output.WriteLine("No proxy is running with this store.");
        }

        foreach (var answer in answers)
        {
            terminal.Output.WriteLine($"{Who(answer)} {answer switch
            {
                { Error: { } error } => $"gave no answer: {error}.",
                { Unreadable: not null } => "stays with what it had; it cannot read the certificate.",
                { Routes: null or [] } => "has no route that presents it.",
                { Problem: not null } => $"presents it no more; {Listed(answer.Routes)} answer{(answer.Routes.Count == 1 ? "s" : "")} 522.",
                _ => $"presents version {answer.InForce} for {Listed(answer.Routes)}.",
            }}");
            WriteLeaving(terminal, answer);
        }
    }

    /// <summary>The same for scripts.</summary>
    /// <param name="answers">Of the proxies.</param>
    /// <param name="version">What an update put into the store; null: the command brought none, and no rotation is its own.</param>
    public static IReadOnlyList<ProxyJson> Json(IReadOnlyList<ControlAnswer> answers, int? version) => [.. answers.Select(answer => new ProxyJson(
        answer.Process,
        answer.Urls,
        ResultOf(answer, version),
        answer.InForce,
        answer.Routes,
        answer.Rotation is { } rotation && rotation.ToVersion == version ? [.. rotation.Origins.Select(Json)] : null,
        answer.Leaving,
        answer.Problem ?? answer.Unreadable,
        answer.Error))];

    /// <summary>The refusals that rolled an update back, with what to do.</summary>
    public static void WriteRefusals(Terminal terminal, IReadOnlyList<ControlAnswer> answers, string name, int version)
    {
        foreach (var refusal in answers.Where(answer => IsRolledBack(answer, version)).SelectMany(static answer => answer.Rotation!.Origins).Where(static origin => origin.Verdict == CanaryVerdict.Refused))
        {
            terminal.WriteError($"{refusal.Origin} refused version {version} of '{name}', so it is not in force: {refusal.Detail}", refusal.Next);
        }
    }

    private static OriginVerdictJson Json(CanaryResult origin) => new(
        origin.Origin,
        origin.Verdict.ToString().ToLowerInvariant(),
        origin.Detail,
        origin.Next,
        origin.Alert,
        origin.Alert is { } alert ? TlsAlerts.NameOf(alert) : null,
        origin.AcceptableAuthorities,
        origin.UnacceptedIssuers);

    private static string ResultOf(ControlAnswer answer, int? version)
        => answer.Error is not null ? "unanswered"
            : answer.Unreadable is not null ? "unreadable"
            : answer.Rotation is { } rotation && rotation.ToVersion == version && !(rotation.Outcome == RotationOutcome.Superseded && answer.InForce == version)
                ? rotation.Outcome switch { RotationOutcome.Switched => "switched", RotationOutcome.RolledBack => "rolledBack", _ => "superseded" }
            : answer.InForce is null ? "unknown"
            : version is null || answer.InForce == version ? "inForce"
            : "waiting";

    private static void WriteVerdicts(Terminal terminal, CertificateRotation rotation)
    {
        var table = new Table("  ORIGIN", "VERDICT", "DETAIL");
        foreach (var origin in rotation.Origins)
        {
            table.Add($"  {origin.Origin}", new Cell(origin.Verdict.ToString().ToLowerInvariant(), ColorOf(origin.Verdict)), Terminal.Plain(origin.Detail));
        }

        table.WriteTo(terminal);
        foreach (var origin in rotation.Origins.Where(static origin => origin.UnacceptedIssuers is not null))
        {
            terminal.WriteWarning(
                $"{origin.Origin} accepts certificates of other authorities. It accepts: {string.Join("; ", origin.AcceptableAuthorities!)}. Ours was issued by: {string.Join("; ", origin.UnacceptedIssuers!)}.");
        }
    }

    private static void WriteLeaving(Terminal terminal, ControlAnswer answer)
    {
        if (answer.Leaving is > 0 and var leaving)
        {
            terminal.Output.WriteLine($"  {leaving} connection{(leaving == 1 ? "" : "s")} under what it meant before still serve{(leaving == 1 ? "s" : "")} a request, and close{(leaving == 1 ? "s" : "")} behind it.");
        }
        else if (answer.Leaving == 0 && answer.Routes is { Count: > 0 })
        {
            terminal.Output.WriteLine("  No connection is left under what it meant before.");
        }
    }

    private static Color ColorOf(CanaryVerdict verdict) => verdict switch
    {
        CanaryVerdict.Accepted => Color.Green,
        CanaryVerdict.Refused => Color.Red,
        _ => Color.Yellow,
    };

    /// <summary>A proxy in words, as the beginning of a sentence.</summary>
    public static string Who(ControlAnswer answer) => answer.Urls.Count == 0 ? $"The proxy {answer.Process}" : $"The proxy {answer.Process} ({string.Join(", ", answer.Urls)})";

    private static string Listed(IReadOnlyList<string> routes) => $"{(routes.Count == 1 ? "the route" : "the routes")} {string.Join(", ", routes)}";
}

/// <summary>A running proxy and what a change came to there: <c>switched</c>, <c>rolledBack</c>, <c>superseded</c>, <c>inForce</c>, <c>waiting</c> (for its validity), <c>unreadable</c> (by the proxy), <c>unknown</c> or <c>unanswered</c>.</summary>
internal sealed record ProxyJson(int Process, IReadOnlyList<string> Urls, string Result, int? Version, IReadOnlyList<string>? Routes, IReadOnlyList<OriginVerdictJson>? Origins, int? ConnectionsLeaving, string? Problem, string? Error);

/// <summary>What an origin made of a certificate: <c>accepted</c>, <c>silent</c>, <c>refused</c> or <c>unreachable</c>.</summary>
internal sealed record OriginVerdictJson(string Origin, string Verdict, string Detail, string? Next, int? Alert, string? AlertName, IReadOnlyList<string>? AcceptableAuthorities, IReadOnlyList<string>? UnacceptedIssuers);
