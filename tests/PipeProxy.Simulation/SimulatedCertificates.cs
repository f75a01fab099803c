using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Simulation;

/// <summary>The client certificates of every run: some names, some versions of each. A certificate's number is name times <see cref="Versions"/> plus version.</summary>
internal static class SimulatedCertificates
{
    /// <summary>Versions of each name.</summary>
    internal const int Versions = 5;

    /// <summary>The one version that ends while a run goes on.</summary>
    internal const int Expiring = 4;

    /// <summary>Names that routes use.</summary>
    internal static readonly string[] Names = ["amber", "birch", "cedar", "dune"];

    /// <summary>When the expiring versions end, in microseconds of a world's time.</summary>
    internal const long ExpiryMicroseconds = 1_000_000;

    private static readonly ClientCertificate[] All = Make();
    private static readonly Dictionary<X509Certificate2, int> Numbers = All.Index().ToDictionary(static item => item.Item.Context.TargetCertificate, static item => item.Index, ReferenceEqualityComparer.Instance as IEqualityComparer<X509Certificate2>);

    /// <summary>A certificate by its number.</summary>
    internal static ClientCertificate Get(int number) => All[number];

    /// <summary>The same pair, switched off by an operator.</summary>
    internal static ClientCertificate Disabled(int number) => All[number].With(All[number].EnvironmentTypes, enabled: false);

    /// <summary>What a context presents.</summary>
    internal static int NumberOf(X509Certificate2 leaf) => Numbers[leaf];

    /// <summary>Whether its validity has ended.</summary>
    internal static bool IsOver(int number, long now) => number % Versions == Expiring && now > ExpiryMicroseconds;

    /// <summary>A certificate as texts have it; -1 is none.</summary>
    internal static string NameOf(int number) => number < 0 ? "no certificate" : $"{Names[number / Versions]}.{number % Versions}";

    private static ClientCertificate[] Make()
    {
        var all = new ClientCertificate[Names.Length * Versions];
        for (var i = 0; i < all.Length; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={NameOf(i)}", key, HashAlgorithmName.SHA256);
            var end = i % Versions == Expiring ? WorldClock.Beginning.AddMicroseconds(ExpiryMicroseconds) : WorldClock.Beginning.AddYears(1);
            all[i] = ClientCertificate.FromX509(Names[i / Versions], request.CreateSelfSigned(WorldClock.Beginning.AddDays(-1), end), version: i % Versions);
        }

        return all;
    }
}
