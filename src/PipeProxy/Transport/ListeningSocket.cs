using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Transport;

/// <summary>A descriptor that listens.</summary>
internal static unsafe class ListeningSocket
{
    /// <summary>Binds and listens.</summary>
    /// <param name="endPoint">Port 0 takes a free one. The IPv6 wildcard takes IPv4, too.</param>
    /// <param name="backlog">Connections that the system keeps until they are accepted.</param>
    /// <param name="shared">With <c>SO_REUSEPORT</c>: other sockets of this user that have it, too, may listen at the address.</param>
    /// <param name="descriptor">Negative unless the result is <see cref="ListenStatus.Ok"/>.</param>
    internal static ListenStatus TryOpen(IPEndPoint endPoint, int backlog, bool shared, out int descriptor)
    {
        descriptor = EpollTransport.Open(endPoint.AddressFamily);
        if (descriptor < 0)
        {
            return StatusOf(Libc.Error);
        }

        // Connections of a former listener that linger in TIME_WAIT do not keep the address.
        _ = Libc.SetOption(descriptor, Libc.LevelSocket, Libc.ReuseAddress, 1);
        if (shared)
        {
            _ = Libc.SetOption(descriptor, Libc.LevelSocket, Libc.ReusePort, 1);
        }

        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _ = Libc.SetOption(descriptor, Libc.LevelIPv6, Libc.IPv6Only, endPoint.Address.Equals(IPAddress.IPv6Any) ? 0 : 1);
        }

        var address = endPoint.Serialize();
        int result;
        fixed (byte* bytes = address.Buffer.Span)
        {
            result = Libc.Bind(descriptor, bytes, (uint)address.Size);
        }

        if (result == 0)
        {
            result = Libc.Listen(descriptor, backlog);
        }

        if (result == 0)
        {
            return ListenStatus.Ok;
        }

        var error = Libc.Error;
        _ = Libc.Close(descriptor);
        descriptor = -1;
        return StatusOf(error);
    }

    private static ListenStatus StatusOf(Errno error) => error switch
    {
        Errno.AddressInUse => ListenStatus.AddressInUse,
        Errno.AddressNotAvailable or Errno.FamilyNotSupported => ListenStatus.AddressNotAvailable,
        Errno.AccessDenied => ListenStatus.AccessDenied,
        _ => ListenStatus.Failed,
    };
}
