using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Cli.MtlsCertificate;
using PipeProxy.Cli.Output;
using PipeProxy.Control;
using PipeProxy.Telemetry;

namespace PipeProxy.Cli.Diagnose;

/// <summary><c>diagnose --recent</c>: the last failures towards origins, as the proxies that run with a store remember them. Nothing is sent to an origin.</summary>
internal static class RecentFailures
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks and tells. <see cref="ExitCode.Done"/> whatever there is to tell; <see cref="ExitCode.Failed"/> when no proxy answers.</summary>
    public static async Task<ExitCode> RunAsync(Terminal terminal, CertificateStore store, bool json, CancellationToken cancellationToken)
    {
        var answers = await ControlClient.AskAsync(store.Folder, new ControlRequest(ControlRequest.CurrentVersion, ControlCommand.Recent), Patience, cancellationToken);
        if (answers.Count == 0)
        {
            terminal.WriteError(
                $"No proxy runs with the store {store.Folder}, so there is nobody to ask.",
                "name the store of the running proxy with --store; to look at an origin from here: pipeproxy diagnose https://HOST --mtls-certificate NAME.");
            return ExitCode.Failed;
        }

        if (json)
        {
            RecentJson.Write(terminal, answers);
        }
        else
        {
            foreach (var answer in answers)
            {
                Write(terminal, answer);
            }
        }

        return answers.Any(static answer => answer.Error is null) ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Write(Terminal terminal, ControlAnswer answer)
    {
        var who = RunningProxies.Who(answer);
        if (answer.Error is { } error)
        {
            terminal.WriteError($"{who} gave no answer: {error}.");
            return;
        }

        var failures = answer.Failures ?? [];
        terminal.Output.WriteLine($"{terminal.Paint(who, Color.Bold)} {(answer.Ready == true ? "is ready" : terminal.Paint("is not ready", Color.Red))}; {failures.Count switch
        {
            0 => "no failure towards an origin has been seen since it started.",
            1 => "one kind of failure has been seen since it started.",
            var count => $"{count} kinds of failure have been seen since it started.",
        }}");
        foreach (var problem in answer.NotReady ?? [])
        {
            terminal.WriteWarning(problem);
        }

        foreach (var failure in failures)
        {
            terminal.Output.WriteLine();
            terminal.Output.WriteLine($"{terminal.Paint(Terminal.Plain(failure.Origin), Color.Bold)}{(failure.Certificate is { } certificate ? $" with client certificate '{certificate}'" : " without a client certificate")}");
            Table.WriteFields(
                terminal,
                ("failure", $"{failure.Code}{(failure.Alert is { } alert ? $", alert {alert} ({TlsAlerts.NameOf(alert)})" : "")}"),
                ("seen", Seen(failure)),
                ("detail", failure.Detail),
                ("handshake", failure.Tls?.Agreed),
                ("certificate", failure.Tls?.Request),
                ("authorities", failure.Tls?.Authorities),
                ("origin", failure.Tls?.Origin),
                ("next", failure.Next));
        }

        if (failures.Count > 0)
        {
            var first = failures[0];
            terminal.Output.WriteLine();
            terminal.WriteNext($"pipeproxy diagnose {first.Origin}{(first.Certificate is { } name ? $" --mtls-certificate {name}" : "")} goes the way to the origin step by step.");
        }
    }

    private static string Seen(OriginFailure failure)
    {
        var last = CertificateText.Moment(failure.Last);
        return failure.Count == 1 ? $"once, {last}" : string.Create(CultureInfo.InvariantCulture, $"{failure.Count:N0} times, {CertificateText.Moment(failure.First)} to {last}");
    }
}
