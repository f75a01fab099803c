namespace PipeProxy.LoadTest.Load;

/// <summary>Which of several certificates and which of several addresses a connection gets: every pair of them comes up, certificates first.</summary>
/// <param name="Certificate">Index of the certificate.</param>
/// <param name="Address">Index of the address.</param>
internal readonly record struct DialTurn(int Certificate, int Address)
{
    /// <param name="number">The connection's, or the turn's in a rotation.</param>
    /// <param name="certificates">How many there are, at least 1.</param>
    /// <param name="addresses">How many there are, at least 1.</param>
    internal static DialTurn Of(uint number, int certificates, int addresses)
        // With both modulo the number, two and two would meet in two of four pairs.
        => new((int)(number % (uint)certificates), (int)(number / (uint)certificates % (uint)addresses));
}
