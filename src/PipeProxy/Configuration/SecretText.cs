namespace PipeProxy.Configuration;

/// <summary>A text that opens a key: held and compared, never printed.</summary>
/// <param name="text">The passphrase or PIN itself.</param>
public sealed class SecretText(string text) : IEquatable<SecretText>
{
    private readonly string _text = text;

    /// <summary>The text, for whoever opens the key with it.</summary>
    public string Reveal() => _text;

    /// <inheritdoc/>
    public bool Equals(SecretText? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Nothing of the text, its length included.</summary>
    public override string ToString() => "(a secret)";
}
