using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Certificates;

/// <summary>A named certificate that can be presented to origins: leaf with key, intermediates, and where it may be used. Immutable.</summary>
/// <remarks>Shared by every connection that speaks under it, so nobody disposes it; its handles go with the last reference.</remarks>
public sealed class ClientCertificate
{
    private static readonly FrozenSet<EnvironmentType> EveryEnvironment = Enum.GetValues<EnvironmentType>().ToFrozenSet();

    private ClientCertificate(string name, X509Certificate2 leaf, IReadOnlyList<X509Certificate2> intermediates, IEnumerable<EnvironmentType>? environmentTypes, bool enabled, int version)
    {
        Name = CertificateName.Explain(name) is { } wrong ? throw new CertificateException(wrong) : name;
        Leaf = leaf;
        Intermediates = intermediates;
        EnvironmentTypes = environmentTypes?.ToFrozenSet() ?? EveryEnvironment;
        Enabled = enabled;
        Version = version;

        // Offline: no AIA download for our own chain; what the file holds is what is sent. .NET puts it in order and leaves out the root.
        Context = SslStreamCertificateContext.Create(leaf, [.. intermediates], offline: true);
        Identity = new CertificateIdentity(name, HashChain(leaf, Context.IntermediateCertificates));
        NotBefore = new DateTimeOffset(leaf.NotBefore).ToUniversalTime();
        NotAfter = new DateTimeOffset(leaf.NotAfter).ToUniversalTime();
    }

    private ClientCertificate(ClientCertificate same, IEnumerable<EnvironmentType>? environmentTypes, bool enabled, int version)
    {
        Name = same.Name;
        Leaf = same.Leaf;
        Intermediates = same.Intermediates;
        EnvironmentTypes = environmentTypes?.ToFrozenSet() ?? EveryEnvironment;
        Enabled = enabled;
        Version = version;
        Forced = same.Forced;
        Untried = same.Untried;
        Place = same.Place;
        Context = same.Context;
        Identity = same.Identity;
        NotBefore = same.NotBefore;
        NotAfter = same.NotAfter;
    }

    /// <summary>The name that routes use.</summary>
    public string Name { get; }

    /// <summary>Whom a connection that presents it speaks as.</summary>
    public CertificateIdentity Identity { get; }

    /// <summary>The client's own certificate, with its private key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>Issuers as they were given, without keys; may be empty.</summary>
    public IReadOnlyList<X509Certificate2> Intermediates { get; }

    /// <summary>Leaf and intermediates in the form that SslStream presents, built once.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Where it may be presented.</summary>
    public IReadOnlySet<EnvironmentType> EnvironmentTypes { get; }

    /// <summary>False when an operator switched it off.</summary>
    public bool Enabled { get; }

    /// <summary>The store's version number; for certificates of the configuration the number of pairs read under the name since the start; 1 for those that a host brings.</summary>
    public int Version { get; }

    /// <summary>Is put in force although an origin refuses it: an operator's word.</summary>
    internal bool Forced { get; init; }

    /// <summary>No proxy has put it in force yet, so that the next one that starts tries it first.</summary>
    internal bool Untried { get; init; }

    /// <summary>Where a new pair has to be put, for people; null for the store, which has a command for that.</summary>
    internal string? Place { get; private init; }

    /// <summary>Start of its validity, UTC.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>End of its validity, UTC. No connection that presents it lives longer.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Makes a certificate from PEM text.</summary>
    /// <param name="name">See <see cref="CertificateName"/>.</param>
    /// <param name="certificatePem">Leaf first, then intermediates.</param>
    /// <param name="privateKeyPem">PKCS#8, PKCS#1 or SEC1; PKCS#8 may be encrypted.</param>
    /// <param name="passphrase">Opens an encrypted key.</param>
    /// <param name="environmentTypes">Where it may be presented; null for everywhere.</param>
    /// <param name="enabled">False presents it nowhere.</param>
    /// <param name="version">A number for people, for instance in logs.</param>
    /// <exception cref="CertificateException">Bad name, unreadable text, or a key that does not match.</exception>
    public static ClientCertificate FromPem(
        string name,
        string certificatePem,
        string privateKeyPem,
        string? passphrase = null,
        IEnumerable<EnvironmentType>? environmentTypes = null,
        bool enabled = true,
        int version = 1)
    {
        var findings = new List<CertificateFinding>();
        using var pair = CertificatePair.Parse(certificatePem, privateKeyPem, passphrase, findings) ?? throw new CertificateException(findings);
        return FromPair(name, pair, environmentTypes, enabled, version);
    }

    /// <summary>Makes a certificate from one that a host already holds.</summary>
    /// <param name="name">See <see cref="CertificateName"/>.</param>
    /// <param name="leaf">With its private key, RSA or ECDSA; must stay undisposed as long as the result is used.</param>
    /// <param name="intermediates">Issuers to be sent; must stay undisposed too.</param>
    /// <param name="environmentTypes">Where it may be presented; null for everywhere.</param>
    /// <param name="enabled">False presents it nowhere.</param>
    /// <param name="version">A number for people, for instance in logs.</param>
    /// <exception cref="CertificateException">Bad name, or <paramref name="leaf"/> has no private key.</exception>
    public static ClientCertificate FromX509(
        string name,
        X509Certificate2 leaf,
        IEnumerable<X509Certificate2>? intermediates = null,
        IEnumerable<EnvironmentType>? environmentTypes = null,
        bool enabled = true,
        int version = 1)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        if (!leaf.HasPrivateKey)
        {
            throw new CertificateException($"The certificate for '{name}' ({leaf.Subject}) has no private key.", "Load it with its key, for instance by CopyWithPrivateKey.");
        }

        return new ClientCertificate(name, leaf, [.. intermediates ?? []], environmentTypes, enabled, version);
    }

    /// <summary>Whether it may be presented at <paramref name="now"/> by a proxy that serves <paramref name="environment"/>. The operator's word comes before the calendar.</summary>
    public CertificateUsability UsabilityAt(DateTimeOffset now, EnvironmentType environment)
    {
        if (!Enabled)
        {
            return CertificateUsability.Disabled;
        }

        if (!EnvironmentTypes.Contains(environment))
        {
            return CertificateUsability.NotEnabledForEnvironment;
        }

        if (now > NotAfter)
        {
            return CertificateUsability.Expired;
        }

        return now < NotBefore ? CertificateUsability.NotYetValid : CertificateUsability.Usable;
    }

    /// <summary>Why it may not be presented and what to do, for logs and <c>check</c>; null when <see cref="UsabilityAt"/> says usable.</summary>
    public string? ExplainAt(DateTimeOffset now, EnvironmentType environment) => CertificateProblem.Of(this, now, environment)?.ToString();

    /// <summary>Name and version; nothing secret.</summary>
    public override string ToString() => $"{Name} (version {Version})";

    /// <summary>Takes copies of what <paramref name="pair"/> holds, so that the pair can be disposed.</summary>
    internal static ClientCertificate FromPair(string name, CertificatePair pair, IEnumerable<EnvironmentType>? environmentTypes, bool enabled, int version, string? place = null, bool forced = false, bool untried = false)
        => new(name, pair.LeafWithKey(), [.. pair.Certificates.Skip(1).Select(static certificate => X509CertificateLoader.LoadCertificate(certificate.RawData))], environmentTypes, enabled, version) { Place = place, Forced = forced, Untried = untried };

    /// <summary>As <see cref="FromX509"/>, for a key that lies elsewhere; takes over what it is given.</summary>
    internal static ClientCertificate FromToken(string name, X509Certificate2 leaf, IReadOnlyList<X509Certificate2> intermediates, IEnumerable<EnvironmentType>? environmentTypes, string place)
        => new(name, leaf, intermediates, environmentTypes, enabled: true, version: 1) { Place = place };

    /// <summary>The same pair under other settings: the identity, and so its connections, stay.</summary>
    internal ClientCertificate With(IEnumerable<EnvironmentType>? environmentTypes, bool enabled, bool untried = false) => new(this, environmentTypes, enabled, Version) { Untried = untried };

    /// <summary>The same pair under another number.</summary>
    internal ClientCertificate Numbered(int version) => new(this, EnvironmentTypes, Enabled, version);

    private static string HashChain(X509Certificate2 leaf, IEnumerable<X509Certificate2> intermediates)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(leaf.RawDataMemory.Span);
        foreach (var intermediate in intermediates)
        {
            hash.AppendData(intermediate.RawDataMemory.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
