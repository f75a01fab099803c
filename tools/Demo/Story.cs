using CertificateAuthority;

namespace Demo;

/// <summary>The demo from its first line to its last; <c>Story.Requests.cs</c> holds the chapters that send requests.</summary>
internal sealed partial class Story(Terminal terminal, bool stay)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private Cast _cast = null!;
    private PipeProxyCommand _command = null!;

    /// <summary>Tells it. Whatever happens, nothing is left behind.</summary>
    /// <exception cref="UnexpectedException">Something came out differently.</exception>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        using var workspace = new Workspace();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        _command = new PipeProxyCommand(workspace.Folder);
        try
        {
            terminal.Title("PipeProxy in front of a load balancer that demands client certificates");
            _cast = await Cast.AssembleAsync().ConfigureAwait(false);
            await using (_cast.ConfigureAwait(false))
            {
                Introduce(workspace);
                await UploadAsync(limit.Token).ConfigureAwait(false);
                Configure(workspace);
                var proxy = await RunAsync(limit.Token).ConfigureAwait(false);
                await using (proxy.ConfigureAwait(false))
                {
                    await TellAsync(proxy, workspace, limit.Token, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnexpectedException($"all of this takes less than {Limit.TotalMinutes} minutes.", "It does not come to an end.");
        }

        Suggest();
    }

    private async Task TellAsync(RunningProxy proxy, Workspace workspace, CancellationToken limited, CancellationToken cancellationToken)
    {
        using (var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = proxy.Url })
        {
            await AcceptAsync(client, limited).ConfigureAwait(false);
            await RefuseAsync(client, limited).ConfigureAwait(false);
            await PassThroughAsync(client, limited).ConfigureAwait(false);
            await NeverMixAsync(client, limited).ConfigureAwait(false);
            await EnableAsync(client, limited).ConfigureAwait(false);
        }

        if (stay)
        {
            await StayAsync(proxy, workspace, cancellationToken).ConfigureAwait(false);
        }

        int exitCode = await proxy.StopAsync().ConfigureAwait(false);
        UnexpectedException.Unless(exitCode == 0, "the proxy ends with exit code 0 on SIGTERM.", $"{exitCode}\n{proxy.Log}");
    }

    private void Introduce(Workspace workspace)
    {
        terminal.Chapter("An authority, four clients, two load balancers in verify mode");
        terminal.Fact("trust store", $"{_cast.ClientRoot.Subject}: whoever it signed may come in");
        terminal.Fact("clients", $"{_cast.Shop.Subject}, {_cast.Partner.Subject} and {_cast.Reports.Subject}, signed by it");
        terminal.Fact("", $"{_cast.Stranger.Subject}, signed by {_cast.StrangerRoot.Subject}");
        terminal.Fact("TLS 1.3", $"{Cast.UrlOf(_cast.LoadBalancer)}, a simulated ALB");
        terminal.Fact("TLS 1.2", $"{Cast.UrlOf(_cast.OlderLoadBalancer)}, an older one");

        workspace.Write("web-ca.pem", _cast.WebRoot.CertificatePem);
        _cast.Shop.WriteTo(workspace.Folder, "client");
        _cast.Partner.WriteTo(workspace.Folder, "partner");
        _cast.Stranger.WriteTo(workspace.Folder, "stranger");
        _cast.Reports.WriteTo(workspace.Folder, "reports", KeyFormat.Sec1);
    }

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        terminal.Chapter("Upload the client certificates");
        await CreateAsync(
            "client", "aws-alb-cert", "--account your-account --project your-project --environment-type development --environment-type preview --environment-type production", cancellationToken)
            .ConfigureAwait(false);
        await CreateAsync("partner", "partner-cert", "--environment-type development", cancellationToken).ConfigureAwait(false);
        await CreateAsync("stranger", "stranger-cert", "--environment-type development", cancellationToken).ConfigureAwait(false);
        await CreateAsync("reports", "reports-cert", "--environment-type production", cancellationToken).ConfigureAwait(false);
        await ShowAsync("mtls-certificate list", exitCode: 0, cancellationToken).ConfigureAwait(false);
    }

    private async Task CreateAsync(string files, string name, string options, CancellationToken cancellationToken)
    {
        string arguments = $"mtls-certificate create --cert {files}-cert.pem --key {files}-key.pem --name {name} {options}";
        terminal.Command($"pipeproxy {arguments}");
        var result = await _command.RunAsync(arguments, cancellationToken).ConfigureAwait(false);
        UnexpectedException.Unless(result.ExitCode == 0, $"{name} is created.", result.Everything);
    }

    private void Configure(Workspace workspace)
    {
        workspace.Write("pipeproxy.json", Files.Configuration(_cast));
        workspace.Write(".env", Files.Environment(_cast));
        workspace.Write(Path.Combine("config", "routes.oas.json"), Files.Routes());
        terminal.Chapter("Name them in routes, and run the proxy");
        terminal.Text("config/routes.oas.json, the handler of /orders/{id}:");
        terminal.Said("""
            "options": {
              "baseUrl": "${env.ALB_BACKEND_URL}",
              "mtlsCertificate": "$env(ALB_MTLS_CERT)"
            }
            """);
    }

    private async Task<RunningProxy> RunAsync(CancellationToken cancellationToken)
    {
        string arguments = $"run {Files.Flags}";
        terminal.Command($"pipeproxy {arguments}");
        var proxy = await RunningProxy.StartAsync(_command, arguments, cancellationToken).ConfigureAwait(false);
        terminal.Said($"listening on {proxy.Url.GetLeftPart(UriPartial.Authority)}");
        return proxy;
    }

    private async Task<CommandResult> ShowAsync(string arguments, int exitCode, CancellationToken cancellationToken)
    {
        terminal.Command($"pipeproxy {arguments}");
        var result = await _command.RunAsync(arguments, cancellationToken).ConfigureAwait(false);
        terminal.Said(result.Output + result.Error);
        UnexpectedException.Unless(result.ExitCode == exitCode, $"'pipeproxy {arguments}' ends with exit code {exitCode}.", result.Everything);
        return result;
    }

    private async Task StayAsync(RunningProxy proxy, Workspace workspace, CancellationToken cancellationToken)
    {
        terminal.Chapter("Your turn: all of it stays up until Ctrl-C");
        terminal.Command($"curl -i {proxy.Url}orders/1");
        terminal.Command($"curl -i {proxy.Url}stranger");
        terminal.Fact("files", $"{workspace.Folder}: change config/routes.oas.json, and the proxy takes it up");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            terminal.Line();
        }
    }

    private void Suggest()
    {
        terminal.Line();
        terminal.Held("All of it held. The proxy has ended, its folder is gone.");
        terminal.Title("Try next, from this folder");
        foreach (var (command, purpose) in NextCommands.All)
        {
            terminal.Suggestion(purpose, command);
        }

        terminal.Line();
    }
}
