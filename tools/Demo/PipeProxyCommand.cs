using System.Diagnostics;

namespace Demo;

/// <summary>The command <c>pipeproxy</c> as the build left it, run in the workspace as a person would run it.</summary>
internal sealed class PipeProxyCommand(string folder)
{
    /// <summary>Beside the demo's own folder: artifacts/bin/PipeProxy.Cli/release/pipeproxy.</summary>
    public static string Binary { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "PipeProxy.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)),
        OperatingSystem.IsWindows() ? "pipeproxy.exe" : "pipeproxy"));

    /// <summary>Runs a command line to its end.</summary>
    /// <param name="arguments">Without the program's name; parted by blanks, so no argument may hold one.</param>
    /// <param name="cancellationToken">Ends the child.</param>
    public async Task<CommandResult> RunAsync(string arguments, CancellationToken cancellationToken)
    {
        using var process = Start(arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return new CommandResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Starts a command line with both of its streams in hand.</summary>
    public Process Start(string arguments)
    {
        UnexpectedException.Unless(File.Exists(Binary), "the binary is where the build puts it.", $"There is no {Binary}.");
        var start = new ProcessStartInfo(Binary, arguments.Split(' '))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The store is the workspace's, whatever the person's own environment says.
        start.Environment.Remove("PIPEPROXY_STORE");
        start.Environment.Remove("PIPEPROXY_STORE_PASSPHRASE");
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}

/// <summary>What a command came to.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for the reader of a failure.</summary>
    public string Everything => $"exit code {ExitCode}\n{Output}{Error}".TrimEnd();
}
