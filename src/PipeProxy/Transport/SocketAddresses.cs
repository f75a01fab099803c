using System.Net;

namespace PipeProxy.Transport;

/// <summary>Addresses as the system writes them (<c>struct sockaddr</c>), and as .NET does.</summary>
internal static unsafe class SocketAddresses
{
    private static readonly IPEndPoint Any = new(IPAddress.Any, 0);
    private static readonly IPEndPoint AnyV6 = new(IPAddress.IPv6Any, 0);

    /// <summary>The address that a descriptor is bound to; null when the system does not say.</summary>
    internal static EndPoint? LocalOf(int descriptor)
    {
        var bytes = stackalloc byte[Libc.AddressBytes];
        var length = (uint)Libc.AddressBytes;
        return Libc.GetLocalAddress(descriptor, bytes, &length) < 0 ? null : Read(new ReadOnlySpan<byte>(bytes, (int)length));
    }

    /// <summary>Reads an address.</summary>
    /// <returns>Null for a family that is none of the internet's.</returns>
    internal static IPEndPoint? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ushort))
        {
            return null;
        }

        IPEndPoint shape;
        switch (BitConverter.ToUInt16(bytes))
        {
            case 2:
                shape = Any;
                break;
            case 10:
                shape = AnyV6;
                break;
            default:
                return null;
        }

        var address = new SocketAddress(shape.AddressFamily, bytes.Length);
        bytes.CopyTo(address.Buffer.Span);
        return (IPEndPoint)shape.Create(address);
    }
}
