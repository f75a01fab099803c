namespace PipeProxy.Http1;

/// <summary>The elements of a comma-separated field value (RFC 9110 section 5.6.1), trimmed; empty ones are given too. No quoted strings.</summary>
internal ref struct ListElements(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;
    private bool _ended;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly ListElements GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_ended)
        {
            return false;
        }

        var comma = _rest.IndexOf((byte)',');
        _ended = comma < 0;
        Current = (_ended ? _rest : _rest[..comma]).Trim(" \t"u8);
        _rest = _ended ? default : _rest[(comma + 1)..];
        return true;
    }
}
