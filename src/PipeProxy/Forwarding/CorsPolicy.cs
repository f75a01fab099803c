using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Http1;

namespace PipeProxy.Forwarding;

/// <summary>A CORS policy, compiled: who may read a route's answers from a browser (Fetch standard, section 3.2 "CORS protocol").</summary>
/// <remarks>
/// The origin's own <c>Access-Control-*</c> fields never pass: without a policy they are dropped, with one they are replaced. An allowed
/// origin is answered by its own name and <c>Vary: Origin</c>, so that a cache cannot hand one site's answer to another.
/// </remarks>
internal sealed class CorsPolicy
{
    private readonly byte[][]? _origins;
    private readonly byte[] _answer;
    private readonly byte[] _preflight;
    private readonly bool _reflectsMethods;
    private readonly bool _reflectsHeaders;

    private CorsPolicy(byte[][]? origins, string answer, string preflight, bool reflectsMethods, bool reflectsHeaders)
    {
        _origins = origins;
        _answer = Encoding.ASCII.GetBytes(answer);
        _preflight = Encoding.ASCII.GetBytes(preflight);
        _reflectsMethods = reflectsMethods;
        _reflectsHeaders = reflectsHeaders;
    }

    /// <summary>Every origin, method and field, with credentials: the built-in <c>anything-goes</c>.</summary>
    public static readonly CorsPolicy AnythingGoes = new(null, "Access-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: *\r\n", "Access-Control-Allow-Credentials: true\r\n", reflectsMethods: true, reflectsHeaders: true);

    /// <summary>The policy of that name; null for <c>none</c>.</summary>
    /// <param name="name">As a route says it; the configuration's reader has checked that it exists.</param>
    /// <param name="policies">The named ones.</param>
    public static CorsPolicy? Of(string name, IReadOnlyList<CorsPolicyConfig> policies) => name switch
    {
        "none" => null,
        "anything-goes" => AnythingGoes,
        _ => policies.FirstOrDefault(policy => policy.Name == name) is { } policy ? Compile(policy) : null,
    };

    /// <summary>Whether a page of this origin (RFC 6454) may read answers. Compared byte by byte, as browsers send it.</summary>
    public bool Allows(ReadOnlySpan<byte> origin)
    {
        if (_origins is null)
        {
            return !origin.IsEmpty;
        }

        foreach (var allowed in _origins)
        {
            if (origin.SequenceEqual(allowed))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the fields of an answer for the request's origin, none when it is not allowed.</summary>
    public void WriteFields(ref Http1Writer writer, RequestHead request)
    {
        writer.Write("Vary: Origin\r\n"u8);
        var origin = request.Fields.ValueOf(KnownField.Origin);
        if (Allows(origin))
        {
            writer.WriteField("Access-Control-Allow-Origin"u8, origin);
            writer.Write(_answer);
        }
    }

    /// <summary>Writes the fields of a preflight's answer; the origin is allowed.</summary>
    public void WritePreflightFields(ref Http1Writer writer, RequestHead request)
    {
        writer.Write("Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n"u8);
        writer.WriteField("Access-Control-Allow-Origin"u8, request.Fields.ValueOf(KnownField.Origin));
        writer.Write(_preflight);
        if (_reflectsMethods)
        {
            writer.WriteField("Access-Control-Allow-Methods"u8, request.Fields.ValueOf("access-control-request-method"u8));
        }

        var headers = request.Fields.ValueOf("access-control-request-headers"u8);
        if (_reflectsHeaders && !headers.IsEmpty)
        {
            writer.WriteField("Access-Control-Allow-Headers"u8, headers);
        }
    }

    private static CorsPolicy Compile(CorsPolicyConfig config)
    {
        var credentials = config.AllowCredentials ? "Access-Control-Allow-Credentials: true\r\n" : "";
        var anyMethod = config.AllowedMethods.Contains("*");
        var anyHeader = config.AllowedHeaders.Contains("*");
        return new CorsPolicy(
            config.AllowedOrigins.Contains("*") ? null : [.. config.AllowedOrigins.Select(Encoding.ASCII.GetBytes)],
            credentials + Field("Access-Control-Expose-Headers", config.ExposeHeaders),
            credentials
                + (anyMethod ? "" : Field("Access-Control-Allow-Methods", config.AllowedMethods))
                + (anyHeader ? "" : Field("Access-Control-Allow-Headers", config.AllowedHeaders))
                + (config.MaxAge is { } age ? $"Access-Control-Max-Age: {(long)age.TotalSeconds}\r\n" : ""),
            anyMethod,
            anyHeader);
    }

    private static string Field(string name, IReadOnlyList<string> values) => values.Count == 0 ? "" : $"{name}: {string.Join(", ", values)}\r\n";
}
