namespace PipeProxy.Configuration;

/// <summary>Reads <c>certificates</c>: client certificates that are not in the store. Whether they can be used is found out when they are opened.</summary>
internal static class CertificateSection
{
    private const string Shape = "certificates.*";
    private const string TokenScheme = "pkcs11:";

    private static readonly string[] TokenAttributesOfOthers = ["pin-value", "pin-source", "module-path", "module-name"];

    internal static List<CertificateConfig> Read(ConfigurationSection root, ConfigurationPaths paths, ConfigurationContext context)
    {
        var certificates = new List<CertificateConfig>();
        if (root.Section("certificates") is not { } all)
        {
            return certificates;
        }

        foreach (var member in all.Value.Members)
        {
            if (CertificateName.ProblemOf(member.Name) is { } wrong)
            {
                context.Error(member.Source, member.Value.Path, null, wrong);
            }

            // A misspelt key may hold a passphrase.
            if (ConfigurationSection.Open(member.Value, Shape, context, confidential: true) is { } section && ReadOne(member.Name, section, paths, context) is { } certificate)
            {
                certificates.Add(certificate);
            }
        }

        return certificates;
    }

    private static CertificateConfig? ReadOne(string name, ConfigurationSection section, ConfigurationPaths paths, ConfigurationContext context)
    {
        var environmentTypes = ReadEnvironmentTypes(section, context);
        var isToken = section.Take("key") is { Kind: ConfigurationValueKind.Text, Text: var key } && key.StartsWith(TokenScheme, StringComparison.Ordinal);
        var passphrase = ReadSecret(section, "passphrase", "passphraseFile", paths, context);
        var pin = ReadSecret(section, "pin", "pinFile", paths, context);
        foreach (var wrong in (isToken ? new[] { "passphrase", "passphraseFile" } : ["pin", "pinFile", "module"]).Select(section.Take).OfType<ConfigurationValue>())
        {
            context.Error(wrong.Source, wrong.Path, null, isToken ? "does not go with a key in a token; write pin or pinFile" : "goes with a key in a token, \"key\": \"pkcs11:...\", alone; remove it");
        }

        var (secret, secretFile) = isToken ? pin : passphrase;
        var location = ReadLocation(section, paths, context, out var at);
        section.Finish();
        return location is null ? null : new CertificateConfig
        {
            Name = name,
            Location = location,
            EnvironmentTypes = environmentTypes,
            Secret = secret,
            SecretFile = secretFile,
            Source = new SettingSource(at.At.Source, section.Value.Path, at.At.Shown),
        };
    }

    // Null after an error.
    private static CertificateLocation? ReadLocation(ConfigurationSection section, ConfigurationPaths paths, ConfigurationContext context, out ConfigurationText at)
    {
        at = default;
        var folder = section.Take("folder");
        var pfx = section.Take("pfx");
        var certificate = section.Take("certificate");
        var key = section.Take("key");
        var given = new[] { folder, pfx, certificate }.OfType<ConfigurationValue>().ToList();
        if (given.Count != 1)
        {
            if (given.Count == 0)
            {
                context.Error(section.Value.Source, section.Value.Path, null, "says not where the certificate is; name a folder with tls.crt and tls.key, a pfx file, or a certificate and its key");
            }
            else
            {
                context.Error(given[1].Source, given[1].Path, given[1].Shown, $"comes beside {given[0].Path[(section.Value.Path.Length + 1)..]}; a certificate is in one place, keep one of them");
            }

            return null;
        }

        if (certificate is null)
        {
            if (key is not null)
            {
                context.Error(key, folder is null ? "comes beside pfx, which holds its key; remove it" : "comes beside folder, whose key is in its tls.key; remove it");
            }

            if (section.Text(folder is null ? "pfx" : "folder") is not { } text || paths.Resolve(at = text, context) is not { } path)
            {
                return null;
            }

            return folder is null ? new CertificateLocation.Pfx(path) : new CertificateLocation.Folder(path);
        }

        var certificateText = section.Text("certificate");
        var keyText = section.RequiredText("key", "write the path of the private key's PEM file, or the pkcs11: URI of a key in a token");
        if (certificateText is null || keyText is null)
        {
            return null;
        }

        at = certificateText.Value;
        if (keyText.Value.Text.StartsWith(TokenScheme, StringComparison.Ordinal))
        {
            return ReadToken(section, certificateText, keyText.Value, paths, context);
        }

        return paths.Resolve(certificateText, context) is { } certificatePath && paths.Resolve(keyText, context) is { } keyPath
            ? new CertificateLocation.Files(certificatePath, keyPath)
            : null;
    }

    private static CertificateLocation.Token? ReadToken(ConfigurationSection section, ConfigurationText? certificate, ConfigurationText key, ConfigurationPaths paths, ConfigurationContext context)
    {
        var module = section.Text("module") is { } text ? paths.Resolve(text, context) : null;
        if (TokenAttributesOfOthers.FirstOrDefault(attribute => key.Text.Contains(attribute, StringComparison.OrdinalIgnoreCase)) is { } wrong)
        {
            // Not shown: the URI may hold the PIN.
            context.Error(key.At.Source, key.At.Path, null, $"has the attribute {wrong} in its URI; {(wrong.StartsWith("pin", StringComparison.Ordinal) ? "the PIN goes into pinFile or pin" : "the library goes into module")}");
            return null;
        }

        return paths.Resolve(certificate, context) is { } path ? new CertificateLocation.Token(path, key.Text, module) : null;
    }

    // Messages never show the value: it may be the secret itself.
    private static (SecretText? Secret, string? File) ReadSecret(ConfigurationSection section, string key, string fileKey, ConfigurationPaths paths, ConfigurationContext context)
    {
        var value = section.Take(key);
        var file = paths.Resolve(section.Text(fileKey), context);
        if (value is null)
        {
            return (null, file);
        }

        if (value.Kind != ConfigurationValueKind.Text || EnvironmentSelector.NameIn(value.Text) is null)
        {
            context.Error(value.Source, value.Path, null, $"stands in this file for every reader; write $env(NAME) and set that variable, or name a file with {fileKey}");
            return (null, file);
        }

        if (file is not null)
        {
            context.Error(value.Source, value.Path, null, $"comes beside {fileKey}; keep one of them");
        }

        return (section.Text(key) is { } text ? new SecretText(text.Text) : null, file);
    }

    private static List<EnvironmentType>? ReadEnvironmentTypes(ConfigurationSection section, ConfigurationContext context)
    {
        if (section.Take("environmentTypes") is not { } given)
        {
            return null;
        }

        var types = new List<EnvironmentType>();
        foreach (var text in section.Texts("environmentTypes"))
        {
            if (ProxySection.EnvironmentTypes.TryGetValue(text.Text, out var type))
            {
                types.Add(type);
            }
            else
            {
                context.Error(text.At, $"must be one of {string.Join(", ", ProxySection.EnvironmentTypes.Keys)}{NearestName.Suggest(text.Text, ProxySection.EnvironmentTypes.Keys)}");
            }
        }

        if (given is { Kind: ConfigurationValueKind.Array, Elements.Count: 0 })
        {
            context.Error(given, "names none, so the certificate could never be presented; name some, or leave the key out for all");
        }

        return types;
    }
}
