using System.CommandLine;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>The flags that <c>run</c> and <c>check</c> share: each stands in place of a key of the configuration file.</summary>
internal sealed class HostOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "Configuration file. Default: pipeproxy.json in this folder, if it is there.", HelpName = "FILE" };
    private readonly Option<string[]> _listen = new("--listen") { Description = "Address to listen on; repeatable. Port 0 takes a free one. Default: http://127.0.0.1:8080.", HelpName = "URL" };
    private readonly Option<string?> _routes = new("--routes") { Description = "Routes file (routes.oas.json).", HelpName = "FILE" };
    private readonly Option<string?> _forward = new("--forward") { Description = "Without a routes file: every request goes to this base URL.", HelpName = "URL" };
    private readonly Option<string?> _mtlsCertificate = new("--mtls-certificate") { Description = "With --forward: name of the client certificate to present.", HelpName = "NAME" };
    private readonly Option<string?> _store = new("--store") { Description = "Folder of the certificate store. Default: $PIPEPROXY_STORE, then ./certificates.", HelpName = "DIR" };
    private readonly Option<string?> _environmentType = new("--environment-type") { Description = "development, preview or production: which certificates may be used, how much clients are told.", HelpName = "TYPE" };
    private readonly Option<string?> _trustedCa = new("--trusted-ca") { Description = "PEM file that replaces the system's roots when origins are verified.", HelpName = "FILE" };
    private readonly Option<string?> _envFile = new("--env-file") { Description = "File with KEY=VALUE lines for $env() and ${env.NAME}.", HelpName = "FILE" };
    private readonly Option<bool> _allowUnsupported = new("--allow-unsupported") { Description = "Load routes that ask for something unsupported; it is left out and named in a warning." };
    private readonly Option<string?> _statusProfile = new("--status-profile") { Description = "zuplo (522), cloudflare (520 to 526) or rfc9209 (502, 504).", HelpName = "PROFILE" };
    private readonly Option<string?> _errorDetail = new("--error-detail") { Description = "byEnvironment, full or generic: what clients are told of a failure.", HelpName = "DETAIL" };
    private readonly Option<string?> _accessLog = new("--access-log") { Description = "File for one line a request; - is standard output.", HelpName = "FILE" };
    private readonly Option<string?> _passphraseFile = new("--passphrase-file") { Description = "File with the passphrase of the store's keys. Default: $PIPEPROXY_STORE_PASSPHRASE.", HelpName = "FILE" };
    private readonly Option<string?> _tlsCertificate = new("--tls-certificate") { Description = "Certificate (PEM, leaf first) of https listeners.", HelpName = "FILE" };
    private readonly Option<string?> _tlsKey = new("--tls-key") { Description = "Its private key (PEM).", HelpName = "FILE" };

    /// <summary>Adds the flags to <paramref name="command"/>.</summary>
    public void AddTo(Command command)
    {
        _environmentType.AcceptOnly("development", "preview", "production");
        _statusProfile.AcceptOnly("zuplo", "cloudflare", "rfc9209");
        _errorDetail.AcceptOnly("byEnvironment", "full", "generic");
        Option[] options =
        [
            _config, _listen, _routes, _forward, _mtlsCertificate, _store, _environmentType, _trustedCa, _envFile,
            _allowUnsupported, _statusProfile, _errorDetail, _accessLog, _passphraseFile, _tlsCertificate, _tlsKey,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was said on this command line.</summary>
    public ConfigurationOverrides Read(ParseResult result) => new()
    {
        ConfigFile = result.GetValue(_config),
        Listen = result.GetValue(_listen) ?? [],
        Routes = result.GetValue(_routes),
        Forward = result.GetValue(_forward),
        MtlsCertificate = result.GetValue(_mtlsCertificate),
        Store = result.GetValue(_store),
        EnvironmentType = result.GetValue(_environmentType),
        TrustedCa = result.GetValue(_trustedCa),
        EnvFile = result.GetValue(_envFile),
        AllowUnsupported = result.GetValue(_allowUnsupported),
        StatusProfile = result.GetValue(_statusProfile),
        ErrorDetail = result.GetValue(_errorDetail),
        AccessLog = result.GetValue(_accessLog),
        TlsCertificate = result.GetValue(_tlsCertificate),
        TlsKey = result.GetValue(_tlsKey),
    };

    /// <summary>The store's passphrase, from the file or the environment.</summary>
    public StorePassphrase Passphrase(ParseResult result) => StorePassphrase.Read(result.GetValue(_passphraseFile), Terminal.Of(result));
}
