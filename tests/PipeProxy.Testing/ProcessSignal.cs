using System.ComponentModel;
using System.Runtime.InteropServices;

namespace PipeProxy.Testing;

/// <summary>The signals that tests send, with their numbers on Linux and macOS; those of <see cref="Continue"/> and <see cref="Stop"/> are Linux's.</summary>
public enum ProcessSignal
{
    HangUp = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

internal static class Signals
{
    private const int NoSuchProcess = 3; // ESRCH

    /// <summary>Sends a signal; a process that has ended already is not an error.</summary>
    internal static void Send(int processId, ProcessSignal signal)
    {
        if (Kill(processId, (int)signal) != 0 && Marshal.GetLastPInvokeError() is int error and not NoSuchProcess)
        {
            throw new Win32Exception(error);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int processId, int signal);
}
