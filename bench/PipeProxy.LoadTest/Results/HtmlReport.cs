using System.Text.RegularExpressions;

namespace PipeProxy.LoadTest.Results;

/// <summary>A result as one page that asks the network for nothing: data, styles, scripts and uPlot are in it.</summary>
internal static partial class HtmlReport
{
    /// <param name="json">The result as <see cref="JsonReport"/> writes it; it can be taken out of the page again.</param>
    internal static string Of(string json) => Places().Replace(Resource("report.html"), place => place.Groups[1].Value switch
    {
        "data" => Inert(json),
        "uplot.licence" => Resource("uplot.licence").Trim(),
        var name => Resource(name).Trim(),
    });

    // A target's URL must not end the script element that it stands in; in JSON the sign can only be inside a string.
    private static string Inert(string json) => json.Trim().Replace("<", "\\u003c", StringComparison.Ordinal);

    private static string Resource(string name)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The assembly has no resource '{name}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\{([a-z.]+)\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Places();
}
