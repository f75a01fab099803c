namespace PipeProxy.Comparison;

/// <summary>The report as one self-contained page.</summary>
internal static class HtmlReport
{
    /// <summary>Writes the file.</summary>
    public static void Write(string file, ComparisonReport report) => File.WriteAllText(file, "");
}
