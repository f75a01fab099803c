using System.Net;

namespace AlbSimulator;

/// <summary>The address that <c>--listen</c> takes.</summary>
internal static class ListenAddress
{
    /// <summary><c>https://IP:PORT</c> or <c>IP:PORT</c>; <c>localhost</c> stands for 127.0.0.1.</summary>
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        string address = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? text["https://".Length..].TrimEnd('/') : text;
        address = address.Replace("localhost", "127.0.0.1", StringComparison.OrdinalIgnoreCase);
        bool parsed = IPEndPoint.TryParse(address, out var result) && address.Contains(':');
        endPoint = result ?? new IPEndPoint(IPAddress.Loopback, 0);
        return parsed;
    }
}
