using Org.BouncyCastle.Tls;

namespace AlbSimulator;

/// <summary>The cipher suites spoken, by the names that OpenSSL and an ALB's log give them.</summary>
internal static class CipherNames
{
    private static readonly Dictionary<int, string> Names = new()
    {
        [CipherSuite.TLS_AES_128_GCM_SHA256] = "TLS_AES_128_GCM_SHA256",
        [CipherSuite.TLS_AES_256_GCM_SHA384] = "TLS_AES_256_GCM_SHA384",
        [CipherSuite.TLS_CHACHA20_POLY1305_SHA256] = "TLS_CHACHA20_POLY1305_SHA256",
        [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] = "ECDHE-ECDSA-AES128-GCM-SHA256",
        [CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256] = "ECDHE-RSA-AES128-GCM-SHA256",
        [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] = "ECDHE-ECDSA-AES256-GCM-SHA384",
        [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384] = "ECDHE-RSA-AES256-GCM-SHA384",
        [CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256] = "ECDHE-ECDSA-CHACHA20-POLY1305",
        [CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256] = "ECDHE-RSA-CHACHA20-POLY1305",
    };

    public static string Of(int suite) => Names.GetValueOrDefault(suite, "-");

    /// <summary>TLS 1.2 suites name the server key's algorithm, TLS 1.3 suites do not.</summary>
    public static bool Suits(int suite, bool isRsa) => !Of(suite).Contains(isRsa ? "ECDHE-ECDSA" : "ECDHE-RSA", StringComparison.Ordinal);
}
