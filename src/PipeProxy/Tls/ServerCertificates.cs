using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tls;

/// <summary>Reads the certificate files of https listeners and judges them. Messages never hold key material.</summary>
internal static class ServerCertificates
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads a listener's files.</summary>
    /// <param name="listener">An https one.</param>
    /// <param name="config">The configuration that it stands in.</param>
    /// <param name="now">Validity is judged as of then.</param>
    /// <param name="before">What the listener has now. It is returned when nothing has changed, so that sessions can still be resumed.</param>
    /// <param name="errors">Receives what is wrong.</param>
    /// <returns>Null after an error.</returns>
    internal static TlsServerOptions? Load(ListenerConfig listener, ProxyConfig config, DateTimeOffset now, TlsServerOptions? before, List<ConfigurationError> errors)
    {
        var known = errors.Count(static error => error.Severity == ErrorSeverity.Error);
        var clients = LoadClientTrust(listener, now, errors, out var authorities);
        var pairs = new List<CertificatePair>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var files in listener.Certificates)
        {
            if (ReadPair(files, errors) is { } pair)
            {
                Judge(pair.Leaf, files, now, errors);
                JudgeNames(pair.Leaf, files, isFirst: pairs.Count == 0, names, config, errors);
                pairs.Add(pair);
            }
        }

        if (listener.Certificates.Count == 0)
        {
            errors.Add(new ConfigurationError(listener.Source, "listeners", listener.Url, "An https listener needs a certificate: give 'certificates' with certificate and key, or --tls-certificate and --tls-key."));
        }

        if (errors.Count(static error => error.Severity == ErrorSeverity.Error) > known)
        {
            pairs.ForEach(static pair => pair.Dispose());
            return null;
        }

        var fingerprint = FingerprintOf(pairs, authorities, listener.ClientCertificates.Mode, config.Timeouts.Handshake);
        if (before?.Fingerprint == fingerprint)
        {
            pairs.ForEach(static pair => pair.Dispose());
            return before;
        }

        var contexts = pairs.ConvertAll(pair => SslStreamCertificateContext.Create(pair.LeafWithKey(), [.. pair.Certificates.Skip(1)], offline: true, clients?.Hint));
        return new TlsServerOptions(contexts, config.Timeouts.Handshake, clients: clients) { Fingerprint = fingerprint };
    }

    private static CertificatePair? ReadPair(ListenerCertificateConfig files, List<ConfigurationError> errors)
    {
        var findings = new List<CertificateFinding>();
        var pair = CertificatePair.Read(files.Certificate, files.Key, null, findings);
        foreach (var finding in findings)
        {
            var isKey = finding.IsAboutKey && files.Key != files.Certificate;
            var source = isKey
                ? files.KeySource ?? new SettingSource(null, "listeners: certificates: key", files.Key)
                : SourceOf(files);
            errors.Add(source.Error($"{finding.Message} {NextOf(finding, isKey ? files.Key : files.Certificate, files.Key)}", finding.Severity == FindingSeverity.Error ? ErrorSeverity.Error : ErrorSeverity.Warning));
        }

        return pair;
    }

    // Uploads have flags for what a listener has not: it takes PEM files, and no passphrase.
    private static string NextOf(CertificateFinding finding, string file, string key) => finding.Code switch
    {
        "pkcs12-not-pem" or "key-encrypted" when CertificatePair.IsBundle(file) =>
            $"A listener takes PEM files; take it apart: openssl pkcs12 -in {file} -nokeys -out certificate.pem, and openssl pkcs12 -in {file} -nocerts -noenc -out key.pem",
        "key-encrypted" => $"A listener's key must not be encrypted; decrypt it: openssl pkey -in {key} -out decrypted-key.pem",
        "files-swapped" => "Swap certificate and key.",
        _ => finding.Next,
    };

    private static SettingSource SourceOf(ListenerCertificateConfig files) => files.CertificateSource ?? new SettingSource(null, "listeners: certificates: certificate", files.Certificate);

    // Clients would refuse it, but the others and the rest of the proxy need not go down with it.
    private static void Judge(X509Certificate2 leaf, ListenerCertificateConfig files, DateTimeOffset now, List<ConfigurationError> errors)
    {
        if (leaf.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            errors.Add(SourceOf(files).Error($"The certificate {leaf.Subject} has expired on {Date(leaf.NotAfter)}; clients will refuse it.", ErrorSeverity.Warning));
        }
        else if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            errors.Add(SourceOf(files).Error($"The certificate {leaf.Subject} is not valid before {Date(leaf.NotBefore)}; clients will refuse it.", ErrorSeverity.Warning));
        }

        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage && !usage.EnhancedKeyUsages.Cast<Oid>().Any(static oid => oid.Value is ServerAuth or "2.5.29.37.0"))
        {
            errors.Add(SourceOf(files).Error($"The certificate {leaf.Subject} is not meant for a server (extended key usage without serverAuth); clients will refuse it.", ErrorSeverity.Warning));
        }
    }

    private static void JudgeNames(X509Certificate2 leaf, ListenerCertificateConfig files, bool isFirst, HashSet<string> taken, ProxyConfig config, List<ConfigurationError> errors)
    {
        var names = TlsServerOptions.NamesOf(leaf).ToList();
        var before = taken.Count;
        taken.UnionWith(names);
        if (names.Count == 0)
        {
            errors.Add(SourceOf(files).Error(
                isFirst
                    ? $"The certificate {leaf.Subject} carries no DNS name (subjectAltName), so clients that ask for a host by name will refuse it."
                    : $"The certificate {leaf.Subject} carries no DNS name (subjectAltName), so it is never chosen.",
                ErrorSeverity.Warning));
        }
        else if (taken.Count == before)
        {
            errors.Add(SourceOf(files).Error($"The certificate {leaf.Subject} is never chosen: an earlier one of this listener carries all of its names ({string.Join(", ", names)}).", ErrorSeverity.Warning));
        }
        else if (config.Routes.Count > 0 && config.Routes.All(route => route.Host is { } host && !Covers(names, host)))
        {
            errors.Add(SourceOf(files).Error($"The certificate {leaf.Subject} is for {string.Join(", ", names)}, and no route's host is among them.", ErrorSeverity.Warning));
        }
    }

    private static bool Covers(List<string> names, string host)
        => names.Contains(host, StringComparer.OrdinalIgnoreCase) || (TlsServerOptions.WildcardOf(host) is { } wildcard && names.Contains(wildcard, StringComparer.OrdinalIgnoreCase));

    private static ClientTrust? LoadClientTrust(ListenerConfig listener, DateTimeOffset now, List<ConfigurationError> errors, out X509Certificate2Collection authorities)
    {
        authorities = [];
        var wanted = listener.ClientCertificates;
        if (wanted.Mode == ClientCertificateMode.None)
        {
            return null;
        }

        var source = wanted.AuthoritySource ?? new SettingSource(listener.Source, "listeners: clientCertificates: ca", wanted.Authority);
        if (wanted.Authority is null)
        {
            errors.Add(source.Error("Client certificates are asked for and no CA is named that they must lead to."));
            return null;
        }

        try
        {
            authorities.ImportFromPemFile(wanted.Authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            errors.Add(source.Error($"The file cannot be read: {e.Message}"));
            return null;
        }

        if (authorities.Count == 0)
        {
            errors.Add(source.Error("The file holds no PEM certificate (-----BEGIN CERTIFICATE-----)."));
            return null;
        }

        foreach (var authority in authorities.Where(authority => authority.NotAfter.ToUniversalTime() < now.UtcDateTime))
        {
            errors.Add(source.Error($"The CA certificate {authority.Subject} has expired on {Date(authority.NotAfter)}; client certificates below it are refused.", ErrorSeverity.Warning));
        }

        return new ClientTrust(wanted.Mode, authorities);
    }

    // A key belongs to its certificate, so the certificates say it all.
    private static string FingerprintOf(List<CertificatePair> pairs, X509Certificate2Collection authorities, ClientCertificateMode mode, TimeSpan handshakeTimeout)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pair in pairs)
        {
            foreach (var certificate in pair.Certificates)
            {
                hash.AppendData(certificate.RawDataMemory.Span);
            }

            hash.AppendData("|"u8);
        }

        foreach (var authority in authorities)
        {
            hash.AppendData(authority.RawDataMemory.Span);
        }

        return $"{Convert.ToHexString(hash.GetHashAndReset())} {mode} {handshakeTimeout}";
    }

    private static string Date(DateTime local) => local.ToUniversalTime().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
