using PipeProxy.Configuration;

namespace PipeProxy;

/// <summary>What became of a configuration that was offered to a running proxy.</summary>
/// <param name="Applied">True: it is in force. False: nothing has changed, the old one stays.</param>
/// <param name="Revision">Revision in force now.</param>
/// <param name="Errors">Errors and warnings, each naming its item. With <paramref name="Applied"/> true, those of
/// <see cref="ErrorSeverity.Route"/> name routes that answer 522.</param>
public sealed record ApplyResult(bool Applied, string Revision, IReadOnlyList<ConfigurationError> Errors);

/// <summary>A proxy cannot start: its configuration is refused.</summary>
public sealed class ConfigurationRefusedException : Exception
{
    /// <summary>Names every error.</summary>
    public ConfigurationRefusedException(IReadOnlyList<ConfigurationError> errors)
        : base("The configuration is refused:\n" + string.Join('\n', errors))
    {
        Errors = errors;
    }

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }
}

/// <summary>A proxy cannot start: an address cannot be listened on.</summary>
public sealed class ListenFailedException : IOException
{
    /// <summary>Names the address and the cause.</summary>
    public ListenFailedException(string url, string cause, bool isInUse = false)
        : base($"Cannot listen on {url}: {cause}")
    {
        Url = url;
        IsInUse = isInUse;
    }

    /// <summary>The address as configured.</summary>
    public string Url { get; }

    /// <summary>Another process has the address, so it is free once that one ends.</summary>
    public bool IsInUse { get; }
}
