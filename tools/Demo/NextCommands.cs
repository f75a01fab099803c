namespace Demo;

/// <summary>What to type after the demo. Each works as printed, in this order, from the repository's root.</summary>
internal static class NextCommands
{
    public static IReadOnlyList<(string Command, string Purpose)> All { get; } =
    [
        ("dotnet run --project tools/Demo -c Release -- --stay", "The same again, then everything stays up for your own requests:"),
        ("dotnet run --project tools/CertificateAuthority -c Release -- demo-set --out artifacts/try", "Certificates of your own, good ones and bad ones of every kind:"),
        ("artifacts/bin/PipeProxy.Cli/release/pipeproxy mtls-certificate lint --cert artifacts/try/wrong-eku-cert.pem --key artifacts/try/wrong-eku-key.pem", "What a load balancer would say to one of the bad ones:"),
    ];
}
