namespace PipeProxy.Http1;

/// <summary>Checks chunk extensions (RFC 9112 section 7.1.1) a byte at a time, from behind the first semicolon on. What they say is dropped. A value: pass it by reference.</summary>
/// <remarks>
/// <code>
/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )      chunk-ext-name = token      chunk-ext-val = token / quoted-string
/// </code>
/// Who skips unread to the line's end, and who ends a quoted string first, see two ends of the line in a CRLF within quotes: what is not of the grammar is refused.
/// </remarks>
internal struct ChunkExtension
{
    private Place _place;

    private enum Place : byte
    {
        BeforeName,
        Name,
        AfterName,
        BeforeValue,
        Value,
        Quoted,
        Escaped,
        AfterQuoted,
        AfterValue,
    }

    /// <summary>Takes the next byte.</summary>
    /// <param name="b">The byte.</param>
    /// <param name="ended">It was the CR behind the extensions.</param>
    /// <returns>The broken rule, or <see cref="Http1Rejection.None"/>.</returns>
    public Http1Rejection Next(byte b, out bool ended)
    {
        ended = b == (byte)'\r' && _place is Place.Name or Place.Value or Place.AfterQuoted;
        if (ended)
        {
            return Http1Rejection.None;
        }

        Place? next = _place switch
        {
            Place.BeforeName => Grammar.IsSpace(b) ? Place.BeforeName : IsToken(b) ? Place.Name : null,
            Place.Name or Place.AfterName when b == (byte)'=' => Place.BeforeValue,
            Place.Name when IsToken(b) => Place.Name,
            Place.Name or Place.AfterName when Grammar.IsSpace(b) => Place.AfterName,
            Place.BeforeValue => Grammar.IsSpace(b) ? Place.BeforeValue : b == (byte)'"' ? Place.Quoted : IsToken(b) ? Place.Value : null,
            Place.Value when IsToken(b) => Place.Value,
            Place.Quoted when b == (byte)'"' => Place.AfterQuoted,
            Place.Quoted when b == (byte)'\\' => Place.Escaped,
            Place.Quoted or Place.Escaped => IsControl(b) ? null : Place.Quoted,
            _ when b == (byte)';' => Place.BeforeName,
            _ when Grammar.IsSpace(b) => Place.AfterValue,
            _ => null,
        };
        _place = next ?? _place;
        return next is not null ? Http1Rejection.None
            : b == (byte)'\n' ? Http1Rejection.BareLineFeed
            : IsControl(b) && b != (byte)'\r' ? Http1Rejection.ChunkExtensionCharacter
            : Http1Rejection.ChunkExtensionMalformed;
    }

    private static bool IsToken(byte b) => Grammar.Token.Contains(b);

    private static bool IsControl(byte b) => Grammar.Control.Contains(b);
}
