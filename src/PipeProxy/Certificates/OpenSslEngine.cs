using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PipeProxy.Certificates;

/// <summary>OpenSSL's engine <c>pkcs11</c>, called directly: opens private keys that stay in their token.</summary>
/// <remarks>
/// <c>SafeEvpPKeyHandle.OpenPrivateKeyFromEngine</c> would do it in one line, but can neither pass a PIN apart from the URI, which the engine prints on
/// standard error when it fails, nor keep the engine from asking for a PIN on the terminal, nor tell a wrong PIN from a missing token. See
/// docs/decisions/0015-pkcs11-by-the-engine.md. Static because OpenSSL keeps one engine of a name per process, with one PKCS#11 module.
/// </remarks>
internal static partial class OpenSslEngine
{
    private const string Crypto = "libcrypto.so.3";
    private const string EngineName = "pkcs11";

    // OPENSSL_INIT_ENGINE_DYNAMIC of openssl/crypto.h: what finds engines in files.
    private const ulong InitDynamic = 0x400;

    private static readonly Lock Gate = new();
    private static nint _engine;
    private static string? _module;

    /// <summary>How far <see cref="TryOpen"/> came.</summary>
    internal enum Failure
    {
        None,

        /// <summary>No OpenSSL 3 with engines, or not the one that .NET works with.</summary>
        NoOpenSsl,

        /// <summary>The engine is not installed.</summary>
        NoEngine,

        /// <summary>Another module is in use by this process.</summary>
        OtherModule,

        /// <summary>The engine is there and gives no key.</summary>
        NoKey,
    }

    /// <summary>Opens the private key that <paramref name="uri"/> names.</summary>
    /// <param name="uri">RFC 7512, without a PIN.</param>
    /// <param name="module">The PKCS#11 module's library; null leaves it to <c>PKCS11_MODULE_PATH</c> and the engine.</param>
    /// <param name="pin">Logs in. One attempt, so that a wrong one locks no token at once.</param>
    /// <param name="key">The caller's; its last reference frees it.</param>
    /// <param name="reasons">What OpenSSL's error queue said, without the URI.</param>
    public static Failure TryOpen(string uri, string? module, string? pin, out SafeEvpPKeyHandle? key, out IReadOnlyList<string> reasons)
    {
        (key, reasons) = (null, []);
        lock (Gate)
        {
            try
            {
                if (!OperatingSystem.IsLinux() || Version() != (ulong)SafeEvpPKeyHandle.OpenSslVersion)
                {
                    return Failure.NoOpenSsl;
                }

                if (_engine != 0 && module is not null && _module is not null && module != _module)
                {
                    return Failure.OtherModule;
                }

                ClearErrors();
                if (_engine == 0 && !TryStart())
                {
                    reasons = ReadErrors();
                    return Failure.NoEngine;
                }

                if (_module is null && module is not null)
                {
                    // Of the attempts so far none got a key, maybe because the module was wrong.
                    _ = Command(_engine, "MODULE_PATH", module, 0);
                }

                if (pin is not null)
                {
                    _ = Command(_engine, "PIN", pin, 0);
                }

                var handle = LoadPrivateKey(_engine, uri, NoPrompt(), 0);
                if (handle == 0)
                {
                    reasons = ReadErrors();
                    return Failure.NoKey;
                }

                _module ??= module;
                ClearErrors();
                key = new SafeEvpPKeyHandle(handle, ownsHandle: true);
                return Failure.None;
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or PlatformNotSupportedException or TypeInitializationException)
            {
                return Failure.NoOpenSsl;
            }
        }
    }

    private static bool TryStart()
    {
        _ = Initialize(InitDynamic, 0);
        var engine = FindEngine(EngineName);
        if (engine == 0)
        {
            return false;
        }

        // Quiet: its messages hold the URI. Forced: without it a wrong PIN is tried twice.
        _ = Command(engine, "QUIET", null, 0);
        _ = Command(engine, "FORCE_LOGIN", null, 0);
        if (Start(engine) == 0)
        {
            _ = Free(engine);
            return false;
        }

        // Never finished: the end of an engine ends the module (C_Finalize), and with it every other key of the process.
        _engine = engine;
        return true;
    }

    private static unsafe List<string> ReadErrors()
    {
        var reasons = new List<string>();
        Span<byte> text = stackalloc byte[256];
        while (NextError() is var code and not 0)
        {
            fixed (byte* buffer = text)
            {
                Describe(code, buffer, (nuint)text.Length);
            }

            reasons.Add(Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]));
        }

        return reasons;
    }

    [LibraryImport(Crypto, EntryPoint = "OpenSSL_version_num")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial ulong Version();

    [LibraryImport(Crypto, EntryPoint = "OPENSSL_init_crypto")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Initialize(ulong options, nint settings);

    [LibraryImport(Crypto, EntryPoint = "ENGINE_by_id", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint FindEngine(string name);

    [LibraryImport(Crypto, EntryPoint = "ENGINE_ctrl_cmd_string", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Command(nint engine, string name, string? argument, int optional);

    [LibraryImport(Crypto, EntryPoint = "ENGINE_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Start(nint engine);

    [LibraryImport(Crypto, EntryPoint = "ENGINE_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Free(nint engine);

    [LibraryImport(Crypto, EntryPoint = "ENGINE_load_private_key", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint LoadPrivateKey(nint engine, string uri, nint prompt, nint data);

    [LibraryImport(Crypto, EntryPoint = "UI_null")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NoPrompt();

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ClearErrors();

    [LibraryImport(Crypto, EntryPoint = "ERR_get_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial ulong NextError();

    [LibraryImport(Crypto, EntryPoint = "ERR_error_string_n")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial void Describe(ulong code, byte* text, nuint length);
}
