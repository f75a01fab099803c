using System.Collections.Concurrent;
using System.Diagnostics;
using AlbSimulator;

namespace Demo;

/// <content>The chapters that send requests.</content>
internal sealed partial class Story
{
    private const int MixedRequests = 200;
    private const int MixedClients = 8;

    private static readonly TimeSpan PickUpLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PickUpInterval = TimeSpan.FromMilliseconds(50);

    private async Task AcceptAsync(HttpClient client, CancellationToken cancellationToken)
    {
        terminal.Chapter("A request leaves under its route's certificate");
        var answer = await Answer.GetAsync(client, "/orders/42", cancellationToken).ConfigureAwait(false);
        terminal.Answer(answer);
        answer.Expect(200, "the load balancer trusts aws-alb-cert.");
        var seen = _cast.LoadBalancer.RequestsSeen.LastOrDefault();
        terminal.Fact("target saw", $"X-Amzn-Mtls-Clientcert-Subject: {answer.Subject}");
        UnexpectedException.Unless(
            answer.Subject == _cast.Shop.Subject && seen?.Subject == _cast.Shop.Subject,
            $"the target sees {_cast.Shop.Subject}.",
            $"It saw {seen?.Subject ?? "nobody"}, and said {answer.Subject ?? "nothing"}.");
        terminal.Held("The load balancer accepted the certificate; the client needed none.");
    }

    private async Task RefuseAsync(HttpClient client, CancellationToken cancellationToken)
    {
        terminal.Chapter("An unknown authority: 522, and the reason");
        await RefuseAsync(client, "/stranger", _cast.LoadBalancer, "TLS 1.3", cancellationToken).ConfigureAwait(false);
        await RefuseAsync(client, "/older/stranger", _cast.OlderLoadBalancer, "TLS 1.2", cancellationToken).ConfigureAwait(false);
        terminal.Held("TLS 1.2 refuses in the handshake, TLS 1.3 after it. The answer is the same, and says what to do.");
    }

    private async Task RefuseAsync(HttpClient client, string path, LoadBalancer loadBalancer, string tls, CancellationToken cancellationToken)
    {
        long requestsBefore = loadBalancer.Requests;
        var answer = await Answer.GetAsync(client, path, cancellationToken).ConfigureAwait(false);
        terminal.Answer(answer, tls);
        answer.Expect(522, "no load balancer trusts its authority.");
        terminal.Fact("Proxy-Status", answer.ProxyStatus ?? "");
        terminal.Fact("detail", answer.Problem("detail"));
        terminal.Fact("next", answer.Problem("next"));
        var rejection = loadBalancer.Rejections.LastOrDefault();
        terminal.Fact("ALB's log", $"{rejection?.Reason} {rejection?.Subject} ({rejection?.TlsProtocol})");
        UnexpectedException.Unless(
            answer.ProxyStatus?.Contains("error=tls_alert_received; alert-id=48; alert-message=\"unknown_ca\"", StringComparison.Ordinal) == true,
            "Proxy-Status names the alert 48, unknown_ca.",
            answer.ProxyStatus ?? "There is no Proxy-Status.");
        UnexpectedException.Unless(answer.Problem("detail").Length > 0 && answer.Problem("next").Length > 0, "the answer says why, and what to do next.", answer.Body);
        UnexpectedException.Unless(
            rejection is { Reason: RejectionReason.ClientCertUntrusted } && rejection.Subject == _cast.Stranger.Subject && loadBalancer.Requests == requestsBefore,
            "the load balancer refused the stranger, and no request reached its target.",
            $"{rejection}, {loadBalancer.Requests - requestsBefore} requests");
    }

    private async Task PassThroughAsync(HttpClient client, CancellationToken cancellationToken)
    {
        terminal.Chapter("What the target says is passed on, a 403 too");
        var answer = await Answer.GetAsync(client, "/status/403", cancellationToken).ConfigureAwait(false);
        terminal.Answer(answer);
        answer.Expect(403, "the target said so.");
        UnexpectedException.Unless(
            answer.ProxyStatus is null && answer.Problem("target") == "/status/403",
            "the target's own body arrives, without a Proxy-Status.",
            $"{answer.ProxyStatus}\n{answer.Body}");
        terminal.Held("Status, fields and body are the target's own. Only a connection that failed is a 522.");
    }

    private async Task NeverMixAsync(HttpClient client, CancellationToken cancellationToken)
    {
        terminal.Chapter("Two certificates to one host are never mixed");
        (string Path, string Certificate, string Subject)[] routes =
        [
            ("/orders/", "aws-alb-cert", _cast.Shop.Subject),
            ("/partner/", "partner-cert", _cast.Partner.Subject),
        ];
        var counts = new ConcurrentDictionary<(string Path, string Subject), int>();
        long connectionsBefore = _cast.LoadBalancer.Connections;
        var options = new ParallelOptions { MaxDegreeOfParallelism = MixedClients, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, MixedRequests, options, async (number, cancel) =>
        {
            string path = routes[number % 2].Path;
            var answer = await Answer.GetAsync(client, $"{path}{number}", cancel).ConfigureAwait(false);
            answer.Expect(200, "both certificates are trusted.");
            counts.AddOrUpdate((path, answer.Subject ?? "nobody"), 1, static (_, count) => count + 1);
        }).ConfigureAwait(false);

        terminal.Text($"{MixedRequests} requests in turn, {MixedClients} at a time:");
        foreach (var (path, certificate, _) in routes)
        {
            foreach (var ((_, subject), count) in counts.Where(entry => entry.Key.Path == path))
            {
                terminal.Fact(path, $"{certificate,-14}{count,4} requests   target saw {subject}");
            }
        }

        UnexpectedException.Unless(
            counts.Count == 2 && routes.All(route => counts.GetValueOrDefault((route.Path, route.Subject)) == MixedRequests / 2),
            $"{MixedRequests / 2} requests under each certificate.",
            string.Join(", ", counts.Select(entry => $"{entry.Key.Path} as {entry.Key.Subject}: {entry.Value}")));
        terminal.Held($"Not one was mixed up, on {_cast.LoadBalancer.Connections - connectionsBefore} new connections.");
    }

    private async Task EnableAsync(HttpClient client, CancellationToken cancellationToken)
    {
        terminal.Chapter("\"No certificate appears to be sent\"");
        var answer = await Answer.GetAsync(client, "/reports", cancellationToken).ConfigureAwait(false);
        terminal.Answer(answer);
        answer.Expect(522, "reports-cert is not enabled for development.");
        UnexpectedException.Unless(
            answer.ProxyStatus?.Contains("error=proxy_configuration_error", StringComparison.Ordinal) == true,
            "Proxy-Status says proxy_configuration_error.",
            answer.ProxyStatus ?? "There is no Proxy-Status.");

        var check = await ShowAsync($"check {Files.Flags}", exitCode: 3, cancellationToken).ConfigureAwait(false);
        string said = check.Output + check.Error;
        UnexpectedException.Unless(
            said.Contains("reports-cert", StringComparison.Ordinal) && said.Contains("/reports", StringComparison.Ordinal) && said.Contains("development", StringComparison.Ordinal),
            "check names the route, the certificate and the environment type.",
            check.Everything);

        await ShowAsync("mtls-certificate update --name reports-cert --environment-type development --environment-type production", exitCode: 0, cancellationToken).ConfigureAwait(false);
        var started = Stopwatch.StartNew();
        do
        {
            await Task.Delay(PickUpInterval, cancellationToken).ConfigureAwait(false);
            answer = await Answer.GetAsync(client, "/reports", cancellationToken).ConfigureAwait(false);
        }
        while (answer.Status == 522 && started.Elapsed < PickUpLimit);

        terminal.Answer(answer);
        answer.Expect(200, "the running proxy takes the change up.");
        terminal.Fact("target saw", $"X-Amzn-Mtls-Clientcert-Subject: {answer.Subject}");
        UnexpectedException.Unless(answer.Subject == _cast.Reports.Subject, $"the target sees {_cast.Reports.Subject}.", answer.Subject ?? "nobody");
        terminal.Held("check named the route, the certificate and the cause; the running proxy took the change up.");
    }
}
