using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Configuration;

/// <summary>Reads the routes that stand in <c>pipeproxy.json</c> itself.</summary>
internal static class InlineRoutes
{
    private const string Shape = "routes[]";

    internal static readonly Dictionary<string, PathMode> PathModes = new(StringComparer.Ordinal)
    {
        ["open-api"] = PathMode.OpenApi,
        ["url-pattern"] = PathMode.UrlPattern,
    };

    /// <summary>Reads one; null when it is no object.</summary>
    internal static RouteDraft? Read(ConfigurationValue value, ConfigurationContext context)
    {
        if (ConfigurationSection.Open(value, Shape, context) is not { } section)
        {
            return null;
        }

        var draft = new RouteDraft { At = value };
        draft.Path = section.RequiredText("path", "write the path that the route takes, such as \"/api/{*rest}\"");
        draft.PathMode = section.Choice("pathMode", PathModes) ?? PathMode.OpenApi;
        draft.Methods.AddRange(section.Texts("methods").Where(m => IsMethod(m, context)).Select(m => m.Text));
        draft.Host = section.Text("host") is { } host ? HostOf(host, context) : null;
        draft.Name = section.Text("name")?.Text;
        draft.CorsPolicy = section.Text("corsPolicy");
        ReadTarget(section, draft, context);
        section.Finish();
        return draft;
    }

    /// <summary>Exactly one of three keys says what the route does.</summary>
    private static void ReadTarget(ConfigurationSection section, RouteDraft draft, ConfigurationContext context)
    {
        HandlerSection.ReadForwarding(section, draft);
        var baseUrl = section.Take("baseUrl");
        var rewritePattern = section.Take("rewritePattern");
        var handler = section.Section("handler");
        switch (baseUrl is not null, rewritePattern is not null, handler is not null)
        {
            case (true, false, false):
                (draft.Target, draft.TargetKind) = (baseUrl, UrlTemplateKind.Base);
                break;
            case (false, true, false):
                (draft.Target, draft.TargetKind) = (rewritePattern, UrlTemplateKind.Pattern);
                break;
            case (false, false, true):
                ReadHandler(section, handler!, draft, context);
                break;
            case (false, false, false):
                if (section.Take("handler") is null)
                {
                    context.Error(section.Value.Source, section.Value.PathOf("baseUrl"), null, "is missing; write the origin's URL, or rewritePattern, or handler");
                }

                break;
            default:
                context.Error(section.Value.Source, section.Value.Path, null, "has more than one of baseUrl, rewritePattern and handler; keep one");
                break;
        }
    }

    private static void ReadHandler(ConfigurationSection section, ConfigurationSection handler, RouteDraft draft, ConfigurationContext context)
    {
        foreach (var key in (string[])["mtlsCertificate", "forwardSearch", "allowGetBody"])
        {
            if (section.Take(key) is { } misplaced)
            {
                context.Error(misplaced, $"stands beside handler; write it as handler.options.{key}");
            }
        }

        HandlerSection.Read(handler, $"{Shape}.handler", draft, context);
    }

    private static bool IsMethod(ConfigurationText method, ConfigurationContext context)
    {
        var text = method.Text;
        if (text is "TRACE" or "CONNECT")
        {
            context.Error(method.At, "is answered 405 before any route is asked; remove it");
            return false;
        }

        if (text.Length > 0 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_') && char.IsAsciiLetterUpper(text[0]))
        {
            return true;
        }

        context.Error(method.At, $"is not a method; methods are written in upper case, such as \"GET\"{NearestName.Suggest(text, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])}");
        return false;
    }

    private static string? HostOf(ConfigurationText host, ConfigurationContext context)
    {
        var text = host.Text.ToLowerInvariant();
        if (text is ['[', .. var literal, ']'])
        {
            // One address has many spellings; the short one (RFC 5952) is kept.
            if (literal.All(static c => char.IsAsciiHexDigit(c) || c is ':' or '.') && IPAddress.TryParse(literal, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                return $"[{address}]";
            }

            context.Error(host.At, "has no IPv6 address in its brackets; write one without a zone, such as \"[::1]\"");
            return null;
        }

        if (text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            return text;
        }

        context.Error(host.At, "is not a host name; write it without scheme, port and wildcard, such as \"a.example\"");
        return null;
    }
}
