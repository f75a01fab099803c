namespace PipeProxy.Cli;
internal static class ExitCodes { public const int Done = 0; public const int Failed = 1; public const int Usage = 2; public const int ConfigurationRefused = 3; }
internal static class StorePassphrase { public static string? Read(string? file) => file is null ? null : System.IO.File.ReadAllText(file).TrimEnd('\n'); }
