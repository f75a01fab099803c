using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Testing;

/// <summary>Starts a server program that has to be given its port, and waits until it accepts.</summary>
internal static class PeerProcess
{
    private const int Attempts = 5;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Starts the program on a free port, again with another port when somebody else was faster.</summary>
    /// <param name="program">The program's path.</param>
    /// <param name="prepare">Writes the configuration for a port and returns the arguments.</param>
    internal static async Task<(TestProcess Process, int Port)> StartAsync(string program, Func<int, IReadOnlyList<string>> prepare)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePorts.Next();
            TestProcess process = TestProcess.Start(program, prepare(port));
            if (await AcceptsAsync(process, port))
            {
                return (process, port);
            }

            string transcript = process.Transcript;
            await process.DisposeAsync();
            if (attempt == Attempts || !IsAddressInUse(transcript))
            {
                throw new TestProcessException($"{program} does not accept connections on port {port}. Its output:\n{transcript}");
            }
        }
    }

    // There is no event for "another process listens now", so the port is tried at short intervals, up to a limit.
    private static async Task<bool> AcceptsAsync(TestProcess process, int port)
    {
        using CancellationTokenSource deadline = new(StartLimit);
        using PeriodicTimer interval = new(ProbeInterval);
        try
        {
            while (!process.HasExited && !IsAddressInUse(process.Transcript))
            {
                using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await probe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), deadline.Token);
                    return !process.HasExited;
                }
                catch (SocketException)
                {
                    await interval.WaitForNextTickAsync(deadline.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        if (process.HasExited)
        {
            await process.WaitForExitAsync(); // the last lines say why
        }

        return false;
    }

    private static bool IsAddressInUse(string transcript) =>
        transcript.Contains("Address already in use", StringComparison.OrdinalIgnoreCase)
        || transcript.Contains("cannot bind socket", StringComparison.OrdinalIgnoreCase);
}
