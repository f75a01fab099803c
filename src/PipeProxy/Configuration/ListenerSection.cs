namespace PipeProxy.Configuration;

/// <summary>Reads <c>listeners</c>.</summary>
internal static class ListenerSection
{
    internal const string DefaultUrl = "http://127.0.0.1:8080";

    private static readonly Dictionary<string, ClientCertificateMode> ClientCertificateModes = new(StringComparer.Ordinal)
    {
        ["none"] = ClientCertificateMode.None,
        ["optional"] = ClientCertificateMode.Optional,
        ["require"] = ClientCertificateMode.Require,
    };

    private static readonly Dictionary<string, ClientCertificateForwarding> Forwardings = new(StringComparer.Ordinal)
    {
        ["none"] = ClientCertificateForwarding.None,
        ["certificate"] = ClientCertificateForwarding.Certificate,
        ["chain"] = ClientCertificateForwarding.Chain,
    };

    internal static List<ListenerConfig> Read(ConfigurationSection root, ConfigurationOverrides overrides, ConfigurationPaths paths, ConfigurationContext context)
    {
        var listeners = new List<ListenerConfig>();
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        var given = CertificateOf(overrides, paths, context);
        foreach (var section in root.Sections("listeners"))
        {
            if (ReadOne(section, given, paths, context) is not { } listener)
            {
                continue;
            }

            if (listener.Url.EndsWith(":0", StringComparison.Ordinal) || taken.TryAdd(listener.Url[listener.Url.IndexOf(':')..], listener.Url))
            {
                listeners.Add(listener);
            }
            else
            {
                context.Error(section.Take("url")!, "is the address of another listener; remove one of them");
            }
        }

        switch (root.Take("listeners"))
        {
            case null:
                listeners.Add(new ListenerConfig { Url = DefaultUrl });
                break;
            case { Kind: ConfigurationValueKind.Array, Elements.Count: 0 } none:
                context.Error(none, $"names none, so nobody could be served; name some, or leave the key out for {DefaultUrl}");
                break;
        }

        if (given is not null && !listeners.Exists(l => l.Url.StartsWith("https", StringComparison.Ordinal)))
        {
            context.Error(null, "--tls-certificate", overrides.TlsCertificate, "has no https listener to serve; add --listen https://ADDRESS:PORT");
        }

        return listeners;
    }

    private static ListenerConfig? ReadOne(ConfigurationSection section, ListenerCertificateConfig? given, ConfigurationPaths paths, ConfigurationContext context)
    {
        var url = section.RequiredText("url", ListenerAddress.Expected);
        var certificates = section.Sections("certificates").Select(s => ReadCertificate(s, paths, context)).OfType<ListenerCertificateConfig>().ToList();
        var clients = ReadClientCertificates(section, paths, context);
        var proxies = ReadProxyProtocol(section, context);
        var connections = section.Integer("connections", 1, 10_000_000);
        section.Finish();
        if (url is not { } text)
        {
            return null;
        }

        if (!ListenerAddress.TryParse(text.Text, out var address, out var problem))
        {
            context.Error(text.At, $"{text.Whose}{problem}");
            return null;
        }

        if (!address.IsTls && certificates.Count > 0)
        {
            context.Error(text.At, "is http://, but the listener has certificates; write https://, or remove them");
        }
        else if (address.IsTls && given is null && section.Take("certificates") is null or { Kind: ConfigurationValueKind.Array, Elements.Count: 0 })
        {
            context.Error(text.At, "is https://, but the listener has no certificates; add certificates, or --tls-certificate and --tls-key");
        }

        if (!address.IsTls && clients.Mode != ClientCertificateMode.None)
        {
            context.Error(section.Section("clientCertificates")!.Take("mode")!, "needs an https:// listener; write https://, or remove clientCertificates");
        }

        if (address.IsTls && given is not null)
        {
            certificates = [given];
        }

        return new ListenerConfig
        {
            Url = address.Url,
            Certificates = certificates,
            ClientCertificates = clients,
            ProxyProtocolFrom = proxies,
            Connections = connections,
            Source = section.Value.Source,
        };
    }

    private static ClientCertificateConfig ReadClientCertificates(ConfigurationSection listener, ConfigurationPaths paths, ConfigurationContext context)
    {
        if (listener.Section("clientCertificates") is not { } section)
        {
            return new ClientCertificateConfig();
        }

        var mode = section.Choice("mode", ClientCertificateModes) ?? ClientCertificateMode.None;
        var authority = section.Text("ca");
        var clients = new ClientCertificateConfig
        {
            Mode = mode,
            Authority = paths.ExistingFile(authority, context),
            AuthoritySource = SourceOf(authority),
            Forward = section.Choice("forward", Forwardings) ?? ClientCertificateForwarding.None,
        };
        section.Finish();
        if (mode != ClientCertificateMode.None && section.Take("ca") is null)
        {
            context.Error(section.Value.Source, section.Value.PathOf("ca"), null, "is missing; name the PEM file of the CA that issues your clients' certificates");
        }

        return clients;
    }

    private static List<System.Net.IPNetwork> ReadProxyProtocol(ConfigurationSection listener, ConfigurationContext context)
    {
        if (listener.Section("proxyProtocol") is not { } section)
        {
            return [];
        }

        var from = NetworkList.Read(section, "from", context);
        section.Finish();
        if (section.Take("from") is null or { Kind: ConfigurationValueKind.Array, Elements.Count: 0 })
        {
            context.Error(section.Value.Source, section.Value.PathOf("from"), null, "is missing; list the load balancers whose word is believed, such as \"10.0.0.0/8\"");
        }

        return from;
    }

    private static ListenerCertificateConfig? ReadCertificate(ConfigurationSection section, ConfigurationPaths paths, ConfigurationContext context)
    {
        var certificate = section.RequiredText("certificate", "write the path of a PEM file, leaf first, then intermediates");
        var key = section.RequiredText("key", "write the path of the private key's PEM file");
        section.Finish();
        return Resolve(certificate, key, paths, context);
    }

    private static ListenerCertificateConfig? CertificateOf(ConfigurationOverrides overrides, ConfigurationPaths paths, ConfigurationContext context)
    {
        if (overrides.TlsCertificate is null != overrides.TlsKey is null)
        {
            var (there, missing) = overrides.TlsKey is null ? ("--tls-certificate", "--tls-key") : ("--tls-key", "--tls-certificate");
            context.Error(null, there, overrides.TlsCertificate ?? overrides.TlsKey, $"comes without {missing}; give both");
            return null;
        }

        if (overrides.TlsCertificate is null)
        {
            return null;
        }

        return Resolve(Flag("--tls-certificate", overrides.TlsCertificate), Flag("--tls-key", overrides.TlsKey!), paths, context)
            ?? new ListenerCertificateConfig(overrides.TlsCertificate, overrides.TlsKey!);
    }

    private static ListenerCertificateConfig? Resolve(ConfigurationText? certificate, ConfigurationText? key, ConfigurationPaths paths, ConfigurationContext context)
    {
        var certificateFile = paths.ExistingFile(certificate, context);
        var keyFile = paths.ExistingFile(key, context);
        return certificateFile is null || keyFile is null
            ? null
            : new ListenerCertificateConfig(certificateFile, keyFile) { CertificateSource = SourceOf(certificate), KeySource = SourceOf(key) };
    }

    private static SettingSource? SourceOf(ConfigurationText? text) => text is { } at ? new SettingSource(at.At.Source, at.At.Path, at.At.Shown) : null;

    private static ConfigurationText Flag(string flag, string text) => new(text, ConfigurationValue.OfFlag(flag, text), FromVariable: false);
}
