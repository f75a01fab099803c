namespace PipeProxy.Control;

/// <summary>The proxy cannot read what its source holds under a name; what the name meant before stays in force. The message says why, a sentence.</summary>
internal sealed class UnreadableCertificateException(string message) : Exception(message);
