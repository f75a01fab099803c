using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Configuration;

/// <summary>Reads a list of addresses and networks.</summary>
internal static class NetworkList
{
    /// <summary>The networks under <paramref name="key"/>; an address is a network of one. Empty when the key is absent.</summary>
    internal static List<IPNetwork> Read(ConfigurationSection section, string key, ConfigurationContext context)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in section.Texts(key))
        {
            if (IPAddress.TryParse(text.Text, out var address))
            {
                address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
                networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(text.Text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                context.Error(text.At, $"{text.Whose}is neither an address nor a network; write such as \"10.0.0.1\" or \"10.0.0.0/8\"");
            }
        }

        return networks;
    }
}
