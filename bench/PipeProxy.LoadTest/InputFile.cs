using System.Text;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>A file that is read whole, within a bound: a device has no end.</summary>
internal static class InputFile
{
    /// <summary>Certificates and keys.</summary>
    internal const int MostPem = 16 * 1024 * 1024;

    /// <summary>A result with an interval for each second of a fortnight.</summary>
    internal const int MostResult = 256 * 1024 * 1024;

    /// <summary>As <see cref="Quantity.TrySize"/> allows.</summary>
    internal const int MostBody = Quantity.MostBytes;

    /// <exception cref="LoadException">It is larger than that.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static byte[] Read(string path, int most)
    {
        using var file = File.OpenRead(path);
        return Read(file, path, most);
    }

    internal static byte[] Read(Stream stream, string name, int most)
    {
        // Of a device or a pipe the length is not known beforehand.
        var length = stream.CanSeek ? stream.Length : 0;
        using var content = length <= most ? new MemoryStream((int)length) : throw TooLarge(name, most);
        var block = new byte[64 * 1024];
        while (stream.Read(block) is > 0 and var read)
        {
            content.Write(block, 0, read);
            if (content.Length > most)
            {
                throw TooLarge(name, most);
            }
        }

        return content.Length == content.Capacity ? content.GetBuffer() : content.ToArray();
    }

    internal static string ReadPem(string path) => Encoding.Latin1.GetString(Read(path, MostPem));

    private static LoadException TooLarge(string name, int most) => new($"'{name}' is larger than {Math.Round(most / (1024.0 * 1024)):0} MiB.");
}
