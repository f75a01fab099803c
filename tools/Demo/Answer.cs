using System.Globalization;
using System.Text.Json;

namespace Demo;

/// <summary>One answer of the proxy, with what the demo reads out of it.</summary>
internal sealed record Answer(string Request, int Status, string Reason, string? Subject, string? ProxyStatus, string Body)
{
    private const string SubjectField = "X-Amzn-Mtls-Clientcert-Subject";

    public static async Task<Answer> GetAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return new Answer(
                $"GET {path}",
                (int)response.StatusCode,
                response.ReasonPhrase ?? "",
                Field(response, SubjectField),
                Field(response, "Proxy-Status"),
                await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (HttpRequestException e)
        {
            throw new UnexpectedException($"the proxy answers GET {path}.", e.Message);
        }
    }

    /// <summary>A member of the problem document; empty when there is none.</summary>
    public string Problem(string member)
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.TryGetProperty(member, out var value) ? value.ToString() : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    /// <summary>Ends the demo unless the status is the one that was promised.</summary>
    public void Expect(int status, string because)
        => UnexpectedException.Unless(Status == status, $"{Request} is {status}: {because}", string.Create(CultureInfo.InvariantCulture, $"{Status} {Reason}\n{ProxyStatus}\n{Body}"));

    private static string? Field(HttpResponseMessage response, string name)
        => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
