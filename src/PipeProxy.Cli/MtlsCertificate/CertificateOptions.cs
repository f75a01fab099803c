using System.CommandLine;
using System.CommandLine.Parsing;
using PipeProxy.Certificates;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>Options that several certificate commands share, and how they are read.</summary>
internal static class CertificateOptions
{
    public const string StoreVariable = "PIPEPROXY_STORE";
    public const string PassphraseVariable = "PIPEPROXY_STORE_PASSPHRASE";
    public const string OutputOption = "--output";

    private const string DefaultStore = "certificates";

    private const string StoreOption = "--store";
    private const string PassphraseFileOption = "--passphrase-file";


    /// <summary>Options of the whole group, read by name wherever they stand.</summary>
    public static IReadOnlyList<Option> OfGroup()
    {
        var output = new Option<string>(OutputOption, "-o") { Description = "How results are printed.", HelpName = "text|json", Recursive = true, DefaultValueFactory = static _ => "text" };
        output.AcceptOnly("text", "json");
        return
        [
            new Option<string?>(StoreOption) { Description = $"The certificate store's folder. Default: ${StoreVariable}, then ./{DefaultStore}.", HelpName = "DIR", Recursive = true },
            new Option<string?>(PassphraseFileOption) { Description = $"File whose first line is the store's passphrase: keys are encrypted with it and opened by it. Default: ${PassphraseVariable}, then none.", HelpName = "FILE", Recursive = true },
            output,
        ];
    }

    public static Option<string?> Name(string description, bool required) => Checked(new Option<string?>("--name") { Description = description, HelpName = "NAME", Required = required });

    /// <summary>The name without its option, as in <c>describe aws-alb-cert</c>.</summary>
    public static Argument<string?> NameArgument() => new("NAME") { Description = "The certificate's name; the same as --name.", Arity = ArgumentArity.ZeroOrOne };

    public static Option<string?> Certificate(bool required) => new("--cert") { Description = "PEM file: the client certificate, then its intermediates. Or a PKCS#12 file (.pfx, .p12), which holds the key as well.", HelpName = "FILE", Required = required };

    public static Option<string?> Key() => new("--key") { Description = "PEM file: its private key, RSA or ECDSA; PKCS#8, PKCS#1 or SEC1. Not for PKCS#12.", HelpName = "FILE" };

    /// <summary>Whether <paramref name="key"/> is missing beside a certificate that comes without one.</summary>
    public static bool LacksKey(CommandResult result, Option<string?> certificate, Option<string?> key)
        => result.GetResult(certificate) is { Tokens: [{ Value: var file }] } && result.GetResult(key) is null && !CertificatePair.IsBundle(file);

    public static Option<string?> KeyPassphraseFile() => new("--key-passphrase-file") { Description = "File whose first line opens the encrypted private key or the PKCS#12 file.", HelpName = "FILE" };

    public static Option<bool> Strict() => new("--strict") { Description = "Refuse on warnings too." };

    public static Option<string?> Account(string description) => new("--account") { Description = description, HelpName = "A" };

    public static Option<string?> Project(string description) => new("--project") { Description = description, HelpName = "P" };

    public static Option<string?> Config() => new("--config") { Description = "Configuration whose routes are shown beside the certificates. Default: ./pipeproxy.json when it exists.", HelpName = "FILE" };

    public static Option<string[]> EnvironmentTypes(string description, bool required)
    {
        var option = new Option<string[]>("--environment-type") { Description = description, HelpName = "development|preview|production", Required = required, Arity = ArgumentArity.OneOrMore };
        option.AcceptOnly("development", "preview", "production");
        return option;
    }

    public static CertificateStore OpenStore(ParseResult parsed)
    {
        var terminal = Terminal.Of(parsed);
        var given = First(parsed.GetValue<string?>(StoreOption));
        var named = given ?? First(terminal.Variable(StoreVariable));
        var folder = named ?? DefaultStore;
        if (ConfigurationPaths.ProblemOfStore(folder) is { } problem)
        {
            throw new CertificateException(new ConfigurationError(null, given is null && named is not null ? StoreVariable : StoreOption, folder, problem).Text);
        }

        return new CertificateStore(folder, ReadStorePassphrase(parsed.GetValue<string?>(PassphraseFileOption), terminal), terminal.Time);
    }

    /// <summary>The store's passphrase: from <paramref name="file"/>, else from the environment, else none.</summary>
    public static string? ReadStorePassphrase(string? file, Terminal terminal) => file is not null ? ReadPassphrase(file) : First(terminal.Variable(PassphraseVariable));

    public static bool WantsJson(ParseResult parsed) => parsed.GetValue<string>(OutputOption) == "json";

    /// <summary>The name from the option or the argument.</summary>
    public static string ReadName(ParseResult parsed, Option<string?> option, Argument<string?> argument)
        => parsed.GetValue(option) ?? parsed.GetValue(argument) ?? throw new InvalidOperationException("the command's validator requires a name");

    /// <summary>Requires the name exactly once.</summary>
    public static void RequireName(Command command, Option<string?> option, Argument<string?> argument)
        => command.Validators.Add(result =>
        {
            var (byOption, byArgument) = (result.GetResult(option) is not null, result.GetResult(argument) is { Tokens.Count: > 0 });
            if (byOption == byArgument)
            {
                result.AddError(byOption ? "The name is given twice; leave out --name or the argument." : "A certificate name is required: --name NAME");
            }
        });

    public static IReadOnlyList<EnvironmentType>? ReadEnvironmentTypes(ParseResult parsed, Option<string[]> option)
        => parsed.GetValue(option) is { Length: > 0 } names ? [.. names.Select(static name => Enum.Parse<EnvironmentType>(name, ignoreCase: true)).Distinct().Order()] : null;

    /// <summary>The first line of a passphrase file, without its line end.</summary>
    /// <exception cref="CertificateException">The file is missing, unreadable or empty.</exception>
    public static string ReadPassphrase(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            return reader.ReadLine() is { Length: > 0 } line ? line : throw new CertificateException($"The passphrase file {file} has an empty first line.", "Put the passphrase into its first line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CertificateException($"The passphrase file '{file}' cannot be read.", "Check the path and the file's permissions.", innerException: e);
        }
    }

    private static Option<string?> Checked(Option<string?> option)
    {
        option.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && CertificateName.Explain(name) is { } wrong)
            {
                result.AddError(wrong);
            }
        });
        return option;
    }

    private static string? First(params string?[] values) => values.FirstOrDefault(static value => !string.IsNullOrEmpty(value));
}
