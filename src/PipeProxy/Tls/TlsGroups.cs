using System.Globalization;

namespace PipeProxy.Tls;

/// <summary>Names of versions and key exchange groups on the wire, as the IANA registries "TLS Supported Groups" and RFC 8446 section 4.2.1 spell them.</summary>
internal static class TlsGroups
{
    /// <summary>The group's name, or its number.</summary>
    internal static string NameOf(ushort group) => group switch
    {
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001D => "x25519",
        0x001E => "x448",
        0x001F => "brainpoolP256r1tls13",
        0x0020 => "brainpoolP384r1tls13",
        0x0021 => "brainpoolP512r1tls13",
        0x0100 => "ffdhe2048",
        0x0101 => "ffdhe3072",
        0x0102 => "ffdhe4096",
        0x0103 => "ffdhe6144",
        0x0104 => "ffdhe8192",
        0x11EB => "SecP256r1MLKEM768",
        0x11EC => "X25519MLKEM768",
        0x11ED => "SecP384r1MLKEM1024",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{group:X4}"),
    };

    /// <summary>The version's name, or its number.</summary>
    internal static string VersionOf(ushort version) => version switch
    {
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{version:X4}"),
    };

    /// <summary>Values that mean nothing and are sent so that nobody stumbles over unknown ones (RFC 8701).</summary>
    internal static bool IsGrease(ushort value) => (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}
