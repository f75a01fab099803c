using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;

namespace CertificateAuthority;

/// <summary>Serial numbers of issued certificates.</summary>
internal static class SerialNumber
{
    /// <summary>127 random bits: positive, and never the same twice (RFC 5280 section 4.1.2.2).</summary>
    public static BigInteger Next() => new BigInteger(127, new SecureRandom()).Add(BigInteger.One);
}
