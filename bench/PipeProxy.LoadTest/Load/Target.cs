using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace PipeProxy.LoadTest.Load;

/// <summary>A URL to ask for, and its share of the requests.</summary>
internal sealed record Target(Uri Url, int Weight)
{
    // RFC 1035 section 2.3.4: 255 octets with the length of each label, which is 253 characters as they are written.
    private const int LongestHost = 253;

    /// <summary>Scheme, host and port: what a connection is made to.</summary>
    internal string Origin => Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped);

    internal bool IsTls => Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>Reads <c>URL</c>, <c>URL=WEIGHT</c> or <c>URL WEIGHT</c>. In a URL with a query an equals sign belongs to the query, so there only the last form has a weight.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out Target? target, [NotNullWhen(false)] out string? wrong)
    {
        target = null;
        var (url, weight) = Split(text.Trim());
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.Host.Length == 0)
        {
            wrong = $"'{text}' is no http:// or https:// URL.";
            return false;
        }

        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            wrong = $"'{text}': user names and fragments are not sent; give a URL without them.";
            return false;
        }

        if (WrongHost(uri) is { } wrongHost)
        {
            wrong = $"'{text}': {wrongHost}";
            return false;
        }

        if (!int.TryParse(weight, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 1000)
        {
            wrong = $"'{text}': the weight '{weight}' is not a whole number from 1 to 1000.";
            return false;
        }

        (target, wrong) = (new Target(uri, number), null);
        return true;
    }

    // What no resolver takes: it is said here and not when the run begins.
    private static string? WrongHost(Uri url)
    {
        if (IPAddress.TryParse(url.DnsSafeHost, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            return $"{address} is what a server listens on; give an address to connect to, such as {(address.Equals(IPAddress.Any) ? "127.0.0.1" : "[::1]")}.";
        }

        return url.DnsSafeHost.Length > LongestHost ? $"host names have at most {LongestHost} characters (currently {url.DnsSafeHost.Length})." : null;
    }

    private static (string Url, string Weight) Split(string text)
    {
        if (text.LastIndexOf(' ') is > 0 and var space)
        {
            return (text[..space].TrimEnd(), text[(space + 1)..]);
        }

        // Behind a slash it is part of the path.
        return !text.Contains('?', StringComparison.Ordinal) && text.LastIndexOf('=') is > 0 and var sign && !text.AsSpan(sign).Contains('/')
            ? (text[..sign], text[(sign + 1)..])
            : (text, "1");
    }
}
