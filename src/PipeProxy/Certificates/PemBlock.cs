using System.Text;

namespace PipeProxy.Certificates;

/// <summary>One block of a PEM file (RFC 7468), headers of the older form (RFC 1421) included, which .NET's own reader passes over in silence.</summary>
/// <param name="Label">What stands after BEGIN, such as <c>CERTIFICATE</c>.</param>
/// <param name="Headers">Lines with a colon before the data, such as <c>Proc-Type: 4,ENCRYPTED</c>; empty in today's form.</param>
/// <param name="Data">The decoded bytes; null when they are not base64.</param>
/// <param name="Line">Line of BEGIN, from 1.</param>
internal sealed record PemBlock(string Label, IReadOnlyList<string> Headers, byte[]? Data, int Line)
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    public bool IsCertificate => Label is "CERTIFICATE" or "X509 CERTIFICATE";

    public bool IsPrivateKey => Label == "PRIVATE KEY" || Label.EndsWith(" PRIVATE KEY", StringComparison.Ordinal);

    public bool IsTraditionallyEncrypted => Headers.Any(static header => header.StartsWith("Proc-Type:", StringComparison.OrdinalIgnoreCase) && header.Contains("ENCRYPTED", StringComparison.OrdinalIgnoreCase));

    // Data may be a private key; the generated text of a record would print it.
    public override string ToString() => $"{Label} at line {Line}";

    /// <summary>All blocks of <paramref name="text"/> in order; text between blocks is skipped, as openssl writes it.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="unfinishedLine">Line of a BEGIN that has no END of its own; 0 when all have.</param>
    public static IReadOnlyList<PemBlock> ReadAll(string text, out int unfinishedLine)
    {
        unfinishedLine = 0;
        var blocks = new List<PemBlock>();
        var headers = new List<string>();
        var data = new StringBuilder();
        string? label = null;
        var (number, began) = (0, 0);
        foreach (var rawLine in text.AsSpan().EnumerateLines())
        {
            number++;
            var line = rawLine.Trim().Trim('\uFEFF');
            if (line.StartsWith(Begin, StringComparison.Ordinal) && line.EndsWith(Dashes, StringComparison.Ordinal) && line.Length > Begin.Length + Dashes.Length)
            {
                if (label is not null)
                {
                    unfinishedLine = began;
                }

                label = line[Begin.Length..^Dashes.Length].ToString();
                began = number;
                headers.Clear();
                data.Clear();
            }
            else if (label is null)
            {
                continue;
            }
            else if (line.StartsWith(End, StringComparison.Ordinal))
            {
                if (line.SequenceEqual($"{End}{label}{Dashes}"))
                {
                    blocks.Add(new PemBlock(label, [.. headers], Decode(data.ToString()), began));
                }
                else
                {
                    unfinishedLine = began;
                }

                label = null;
            }
            else if (line.Contains(':'))
            {
                headers.Add(line.ToString());
            }
            else
            {
                data.Append(line);
            }
        }

        if (label is not null)
        {
            unfinishedLine = began;
        }

        return blocks;
    }

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var written) && written > 0 ? bytes[..written] : null;
    }
}
