using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;

namespace CertificateAuthority;

/// <summary>Serial numbers of issued certificates.</summary>
internal static class SerialNumber
{
    /// <summary>126 random bits behind a one: positive, never the same twice (RFC 5280 section 4.1.2.2), and without leading zeros, which tools show or leave out.</summary>
    public static BigInteger Next() => new BigInteger(126, new SecureRandom()).SetBit(126);
}
