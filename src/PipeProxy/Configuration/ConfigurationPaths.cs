namespace PipeProxy.Configuration;

/// <summary>Resolves paths: those in a file begin at the file's directory, those of the command line at the working directory.</summary>
internal sealed class ConfigurationPaths
{
    /// <summary>A configuration beyond this is a mistake, such as a log file's name.</summary>
    private const long MaxFile = 64 << 20;

    private readonly string _workingDirectory;

    internal ConfigurationPaths(string workingDirectory) => _workingDirectory = Path.GetFullPath(workingDirectory);

    /// <summary>The absolute path of what <paramref name="text"/> says, or null after an error.</summary>
    internal string? Resolve(ConfigurationText? text, ConfigurationContext context)
    {
        if (text is not { } path)
        {
            return null;
        }

        if (path.Text.Length == 0 || path.Text.Contains('\0'))
        {
            context.Error(path.At, $"{path.Whose}is not a path; write the path of a file or directory");
            return null;
        }

        return Path.GetFullPath(path.Text, DirectoryOf(path.At.Source));
    }

    /// <summary>As <see cref="Resolve"/>; the file must be there, and is watched.</summary>
    internal string? ExistingFile(ConfigurationText? text, ConfigurationContext context)
    {
        if (Resolve(text, context) is not { } path)
        {
            return null;
        }

        context.Files.Add(path);
        if (File.Exists(path))
        {
            return path;
        }

        context.Error(text!.Value.At, $"{text.Value.Whose}names no file ({Shown(path)} {(Directory.Exists(path) ? "is a directory" : "does not exist")})");
        return null;
    }

    /// <summary>What speaks against <paramref name="path"/> as a certificate store; null: nothing. It need not be there yet.</summary>
    internal static string? ProblemOfStore(string path) => File.Exists(path) ? "is a file; name the folder of a certificate store" : null;

    /// <summary>How a file is called in messages when <paramref name="written"/> stands in the file <paramref name="where"/>: a path that opens from the working directory.</summary>
    internal static string DisplayName(string written, SourcePosition? where)
        => where is { } position && Path.GetDirectoryName(position.File) is { Length: > 0 } directory ? Path.Combine(directory, written) : written;

    /// <summary>Reads a whole file and parses it; null after an error.</summary>
    internal ConfigurationValue? ReadDocument(ConfigurationText file, ConfigurationContext context)
        => ReadBytes(file, context) is { } bytes ? ConfigurationDocument.Parse(DisplayName(file.Text, file.At.Source), bytes, context.Errors) : null;

    /// <summary>Reads a whole file; null after an error.</summary>
    internal byte[]? ReadBytes(ConfigurationText file, ConfigurationContext context)
    {
        if (ExistingFile(file, context) is not { } path)
        {
            return null;
        }

        try
        {
            if (new FileInfo(path).Length > MaxFile)
            {
                context.Error(file.At, $"is larger than {SizeText.Format(MaxFile)}, which no configuration is");
                return null;
            }

            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Error(file.At, $"cannot be read: {e.Message.TrimEnd('.')}");
            return null;
        }
    }

    private string DirectoryOf(SourcePosition? source)
        => source is { } position ? Path.GetDirectoryName(Path.GetFullPath(position.File, _workingDirectory)) ?? _workingDirectory : _workingDirectory;

    private static string Shown(string path) => path.Contains("PRIVATE KEY", StringComparison.Ordinal) ? "it" : path;
}
