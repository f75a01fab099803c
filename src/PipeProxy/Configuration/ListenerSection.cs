namespace PipeProxy.Configuration;

/// <summary>Reads <c>listeners</c>.</summary>
internal static class ListenerSection
{
    internal const string DefaultUrl = "http://127.0.0.1:8080";

    private static readonly Dictionary<string, bool> ClientCertificateModes = new(StringComparer.Ordinal) { ["none"] = false };

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

        if (root.Take("listeners") is null or { Kind: ConfigurationValueKind.Array, Elements.Count: 0 })
        {
            listeners.Add(new ListenerConfig { Url = DefaultUrl });
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
        if (section.Section("clientCertificates") is { } clients)
        {
            clients.Choice("mode", ClientCertificateModes);
            clients.Finish();
        }

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

        if (address.IsTls && given is not null)
        {
            certificates = [given];
        }

        return new ListenerConfig { Url = address.Url, Certificates = certificates, Source = section.Value.Source };
    }

    private static ListenerCertificateConfig? ReadCertificate(ConfigurationSection section, ConfigurationPaths paths, ConfigurationContext context)
    {
        var certificate = paths.ExistingFile(section.RequiredText("certificate", "write the path of a PEM file, leaf first, then intermediates"), context);
        var key = paths.ExistingFile(section.RequiredText("key", "write the path of the private key's PEM file"), context);
        section.Finish();
        return certificate is null || key is null ? null : new ListenerCertificateConfig(certificate, key) { Source = section.Value.Source };
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

        var certificate = paths.ExistingFile(Flag("--tls-certificate", overrides.TlsCertificate), context);
        var key = paths.ExistingFile(Flag("--tls-key", overrides.TlsKey!), context);
        return new ListenerCertificateConfig(certificate ?? overrides.TlsCertificate, key ?? overrides.TlsKey!);
    }

    private static ConfigurationText Flag(string flag, string text) => new(text, ConfigurationValue.OfFlag(flag, text), FromVariable: false);
}
