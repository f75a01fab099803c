using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>The only place where SslStream's exceptions become values.</summary>
internal static class TlsFailure
{
    // OpenSSL packs library and reason of an error into one number: ERR_GET_LIB and ERR_GET_REASON of OpenSSL 3. The TLS library is 20, and reasons above 1000 are alerts received (SSL_AD_REASON_OFFSET).
    private const int LibraryShift = 23;
    private const int LibraryMask = 0xFF;
    private const int ReasonMask = 0x7FFFFF;
    private const int TlsLibrary = 20;
    private const int AlertOffset = 1000;

    /// <summary>Why a handshake failed, as client of an origin or as server of a client.</summary>
    /// <param name="error">What SslStream threw.</param>
    /// <param name="peer">Who is at the other end.</param>
    /// <param name="received">The records that came.</param>
    /// <param name="ended">How reading ended; Ok while it has not.</param>
    /// <param name="verdict">What was found wrong with the peer's certificate.</param>
    /// <param name="late">Our deadline ended it.</param>
    internal static Failure OfHandshake(Exception error, TlsPeer peer, in TlsRecords received, IoStatus ended, OriginVerdict? verdict, bool late)
    {
        if (late)
        {
            return new Failure(Outcome.HandshakeTimeout, $"The TLS handshake with {peer} did not end in time.", "Check that the address is the TLS port of the origin and that the origin is not overloaded; raise timeouts.handshake if it is just slow.");
        }

        if (AlertOf(error) is { } alert)
        {
            return OfAlert(alert, peer, afterHandshake: false);
        }

        if (verdict is { Detail: { } detail, Next: { } next })
        {
            return new Failure(Outcome.TlsCertificateError, detail, next);
        }

        if (!peer.IsOrigin && received.IsForeign)
        {
            return new Failure(Outcome.TlsProtocolError, $"{peer.Sentence} sent {(received.LooksLikeRequest ? "plain HTTP" : "bytes that are no TLS")} to a TLS port.", "Use https:// for this listener, or a listener of plain HTTP.");
        }

        if (received.LooksLikeHttp)
        {
            return new Failure(Outcome.TlsProtocolError, $"{peer.Sentence} answered the TLS handshake with plain HTTP.", "The port speaks plain HTTP: use the origin's https port, or http:// if it needs no client certificate.");
        }

        if (received.IsForeign)
        {
            return new Failure(Outcome.TlsProtocolError, $"{peer.Sentence} answered the TLS handshake with bytes that are no TLS.", "Check that the port is the origin's TLS port.");
        }

        return ended switch
        {
            // Nothing was wrong with what came, the peer just went: that is a terminated connection (RFC 9209 section 2.3.8), not a protocol error.
            IoStatus.End => new Failure(Outcome.HandshakeTerminated, $"{peer.Sentence} closed the connection during the TLS handshake.", "Look at the origin's log: it ended the handshake without an alert."),
            IoStatus.Reset => new Failure(Outcome.HandshakeTerminated, $"{peer.Sentence} reset the connection during the TLS handshake.", "Look at the origin's log: it ended the handshake without an alert."),
            IoStatus.Aborted => GivenUp(peer, late),
            _ => new Failure(Outcome.TlsProtocolError, $"The TLS handshake with {peer} failed: {Innermost(error).Message}", "Check which TLS versions and cipher suites both sides allow."),
        };
    }

    /// <summary>Our side gave the handshake up.</summary>
    /// <param name="peer">Who is at the other end.</param>
    /// <param name="late">Our deadline ended it.</param>
    /// <param name="why">Behind it in the sentence; empty when there is nothing to say.</param>
    internal static Failure GivenUp(TlsPeer peer, bool late, string why = "")
        => new(late ? Outcome.HandshakeTimeout : Outcome.HandshakeTerminated, $"The TLS handshake with {peer} was given up{why}.", "Try again; if it stays so, look at the log of the other side.");

    /// <summary>Why a read or a write failed after the handshake; the status and, where TLS is to blame, the failure.</summary>
    internal static (IoStatus Status, Failure? Failure) Of(Exception error, TlsPeer peer)
    {
        if (AlertOf(error) is { } alert)
        {
            return (IoStatus.TlsAlert, OfAlert(alert, peer, afterHandshake: true));
        }

        // A record cut by the end of the connection reaches us as SslStream's own IOException without an inner one.
        return error switch
        {
            TransportException transport => (transport.Status, null),
            ObjectDisposedException => (IoStatus.Aborted, null),
            IOException { InnerException: null } => (IoStatus.TlsTruncated, null),
            _ => (IoStatus.TlsProtocol, new Failure(Outcome.TlsProtocolError, $"What {peer} sent is not valid TLS: {Innermost(error).Message}", "Look for a middlebox between here and the origin.")),
        };
    }

    /// <summary>The alert that the peer sent, if that is what the exception is about.</summary>
    internal static byte? AlertOf(Exception error)
    {
        var packed = Innermost(error).HResult;
        var reason = packed & ReasonMask;
        return ((packed >>> LibraryShift) & LibraryMask) == TlsLibrary && reason is > AlertOffset and <= AlertOffset + byte.MaxValue
            ? (byte)(reason - AlertOffset)
            : null;
    }

    private static Failure OfAlert(byte alert, TlsPeer peer, bool afterHandshake)
    {
        var when = afterHandshake ? "after the TLS handshake" : "in the TLS handshake";
        return new Failure(Outcome.TlsAlertReceived, $"{peer.Sentence} sent alert {alert} ({TlsAlerts.NameOf(alert)}) {when}.", peer.NextAfter(alert), alert);
    }

    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
