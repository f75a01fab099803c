using System.Text;

namespace PipeProxy.Testing;

/// <summary>Bytes of a message as a line of text.</summary>
internal static class WireText
{
    /// <summary>As Latin-1, with line ends and NUL as escapes; for messages of failed tests.</summary>
    public static string Show(byte[] wire) => Encoding.Latin1.GetString(wire).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);
}
