using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PipeProxy.Telemetry;
using SslCipher = System.Net.Security.TlsCipherSuite;

namespace PipeProxy.Tls;

/// <summary>Reads what of a TLS handshake is not encrypted, both directions, any segmentation: SslStream does not tell these things.</summary>
/// <remarks>
/// In TLS 1.3 that is the hellos alone (RFC 8446 section 2); in TLS 1.2 everything up to ChangeCipherSpec, so the origin's certificates and
/// its CertificateRequest with the authorities it accepts as well (RFC 5246 section 7.4). Decides nothing: what is malformed is skipped.
/// </remarks>
internal sealed class HandshakeObserver
{
    private const ushort Tls12 = 0x0303;
    private const ushort Tls13 = 0x0304;

    // Extension numbers, RFC 8446 section 4.2.
    private const ushort ServerNameExtension = 0;
    private const ushort SupportedGroups = 10;
    private const ushort PreSharedKey = 41;
    private const ushort SupportedVersions = 43;
    private const ushort KeyShare = 51;

    private readonly HandshakeRecords _client = new();
    private readonly HandshakeRecords _server = new();
    private readonly List<string> _offeredVersions = [];
    private readonly List<string> _offeredGroups = [];
    private byte[] _clientSession = [];
    private string? _serverName;
    private ushort _version;
    private ushort _cipher;
    private ushort _group;
    private bool _retry;
    private bool _resumed;

    // SHA-256 of "HelloRetryRequest" in place of a random number (RFC 8446 section 4.1.3).
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    /// <summary>The final ServerHello has come: version and cipher suite are agreed on, what fails afterwards fails for another reason.</summary>
    internal bool SawServerHello => _version != 0;

    /// <summary>The origin's certificates, leaf first, as DER; TLS 1.2 only.</summary>
    internal IReadOnlyList<byte[]> OriginCertificates { get; private set; } = [];

    /// <summary>Authorities that the origin says it accepts; null unless a readable CertificateRequest came (TLS 1.2), empty when it names none.</summary>
    internal IReadOnlyList<string>? AcceptableIssuers { get; private set; }

    /// <summary>Everything seen so far.</summary>
    internal HandshakeFacts Facts => new()
    {
        OfferedVersions = [.. _offeredVersions],
        OfferedGroups = [.. _offeredGroups],
        ServerName = _serverName,
        Protocol = SawServerHello ? TlsGroups.VersionOf(_version) : null,
        Cipher = SawServerHello ? ((SslCipher)_cipher).ToString() : null,
        Group = _group == 0 ? null : TlsGroups.NameOf(_group),
        HelloRetryRequest = _retry,
        Resumed = SawServerHello ? _resumed : null,
    };

    /// <summary>Bytes that we send.</summary>
    internal void Sent(ReadOnlySpan<byte> bytes) => _client.Read(bytes, IsTls13, (type, body) =>
    {
        if (type == HandshakeType.ClientHello)
        {
            ReadClientHello(new TlsReader(body));
        }
    });

    /// <summary>Bytes that the origin sends.</summary>
    internal void Received(ReadOnlySpan<byte> bytes) => _server.Read(bytes, IsTls13, (type, body) =>
    {
        var reader = new TlsReader(body);
        switch (type)
        {
            case HandshakeType.ServerHello:
                ReadServerHello(reader);
                break;
            case HandshakeType.Certificate:
                ReadCertificates(reader);
                break;
            case HandshakeType.ServerKeyExchange:
                ReadKeyExchange(reader);
                break;
            case HandshakeType.CertificateRequest:
                ReadCertificateRequest(reader);
                break;
        }
    });

    private bool IsTls13() => _version == Tls13 || _retry;

    // ClientHello, RFC 8446 section 4.1.2. A second one follows a HelloRetryRequest and replaces the first.
    private void ReadClientHello(TlsReader hello)
    {
        var legacy = hello.ReadUInt16();
        hello.Take(32);
        _clientSession = hello.ReadVector8().ToArray();
        hello.ReadVector16();
        hello.ReadVector8();
        _offeredVersions.Clear();
        _offeredGroups.Clear();
        var extensions = new TlsReader(hello.ReadVector16());
        while (!extensions.IsEmpty && !extensions.Failed)
        {
            var type = extensions.ReadUInt16();
            var body = new TlsReader(extensions.ReadVector16());
            switch (type)
            {
                case SupportedVersions:
                    AddNames(new TlsReader(body.ReadVector8()), _offeredVersions, TlsGroups.VersionOf);
                    break;
                case SupportedGroups:
                    AddNames(new TlsReader(body.ReadVector16()), _offeredGroups, TlsGroups.NameOf);
                    break;
                case ServerNameExtension:
                    // RFC 6066 section 3: a list of which only host_name (0) exists.
                    var names = new TlsReader(body.ReadVector16());
                    if (names.ReadByte() == 0)
                    {
                        _serverName = Encoding.ASCII.GetString(names.ReadVector16());
                    }

                    break;
            }
        }

        if (_offeredVersions.Count == 0)
        {
            _offeredVersions.Add(TlsGroups.VersionOf(legacy));
        }
    }

    // ServerHello and HelloRetryRequest, RFC 8446 sections 4.1.3 and 4.1.4; RFC 5246 section 7.4.1.3.
    private void ReadServerHello(TlsReader hello)
    {
        var version = hello.ReadUInt16();
        var isRetry = hello.Take(32).SequenceEqual(RetryRandom);
        var session = hello.ReadVector8();
        var cipher = hello.ReadUInt16();
        hello.ReadByte();
        if (hello.Failed)
        {
            return;
        }

        var sessionIsEchoed = !session.IsEmpty && session.SequenceEqual(_clientSession);
        ushort group = 0;
        var hasPreSharedKey = false;
        var extensions = new TlsReader(hello.IsEmpty ? default : hello.ReadVector16());
        while (!extensions.IsEmpty && !extensions.Failed)
        {
            var type = extensions.ReadUInt16();
            var body = new TlsReader(extensions.ReadVector16());
            switch (type)
            {
                case SupportedVersions:
                    version = body.ReadUInt16();
                    break;
                case KeyShare:
                    group = body.ReadUInt16();
                    break;
                case PreSharedKey:
                    hasPreSharedKey = true;
                    break;
            }
        }

        if (isRetry)
        {
            _retry = true;
            return;
        }

        (_version, _cipher, _group) = (version, cipher, group);

        // TLS 1.3 echoes the session's id for the sake of middleboxes, so there it means nothing (RFC 8446 section 4.1.3).
        _resumed = version == Tls13 ? hasPreSharedKey : sessionIsEchoed;
    }

    // Certificate of TLS 1.2, RFC 5246 section 7.4.2.
    private void ReadCertificates(TlsReader message)
    {
        if (_version > Tls12)
        {
            return;
        }

        var list = new TlsReader(message.ReadVector24());
        var certificates = new List<byte[]>();
        while (!list.IsEmpty && !list.Failed)
        {
            certificates.Add(list.ReadVector24().ToArray());
        }

        OriginCertificates = list.Failed ? [] : certificates;
    }

    // ServerECDHParams, RFC 8422 section 5.4: a named curve (3) and its number.
    private void ReadKeyExchange(TlsReader message)
    {
        if (message.ReadByte() == 3 && message.ReadUInt16() is var group && !message.Failed)
        {
            _group = group;
        }
    }

    // CertificateRequest of TLS 1.2, RFC 5246 section 7.4.4.
    private void ReadCertificateRequest(TlsReader message)
    {
        message.ReadVector8();
        message.ReadVector16();
        var names = new TlsReader(message.ReadVector16());
        var issuers = new List<string>();
        while (!names.IsEmpty && !names.Failed)
        {
            try
            {
                issuers.Add(new X500DistinguishedName(names.ReadVector16()).Name);
            }
            catch (CryptographicException)
            {
                issuers.Add("(unreadable)");
            }
        }

        AcceptableIssuers = issuers;
    }

    private static void AddNames(TlsReader values, List<string> names, Func<ushort, string> nameOf)
    {
        while (!values.IsEmpty && !values.Failed)
        {
            var value = values.ReadUInt16();
            if (!TlsGroups.IsGrease(value))
            {
                names.Add(nameOf(value));
            }
        }
    }
}
