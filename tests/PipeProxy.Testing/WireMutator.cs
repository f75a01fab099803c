namespace PipeProxy.Testing;

/// <summary>Damages a message in a few places, with the bytes that the grammar turns on.</summary>
internal static class WireMutator
{
    private static readonly byte[] Interesting = [.. "\r\n :;,/\\.%?#*=\t\0\"09afAFx_-"u8, 0x7f, 0x80, 0xff];

    /// <summary>A damaged copy.</summary>
    /// <param name="wire">The message.</param>
    /// <param name="other">Bytes of another, of which pieces are put in.</param>
    /// <param name="random">Decides.</param>
    public static byte[] Mutate(byte[] wire, byte[] other, Random random)
    {
        var bytes = wire.ToList();
        for (var i = random.Next(1, 4); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = Interesting[random.Next(Interesting.Length)];
                    break;
                case 1:
                    bytes.Insert(at, Interesting[random.Next(Interesting.Length)]);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)));
                    break;
                default:
                    var from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 40))]);
                    break;
            }
        }

        return [.. bytes];
    }
}
