namespace PipeProxy.Transport;

/// <summary>Errors that mean something here; numbers of Linux for x86-64 and arm64.</summary>
internal enum Errno
{
    None = 0,
    NotPermitted = 1,
    Interrupted = 4,
    Again = 11,
    AccessDenied = 13,
    TooManyOpenInSystem = 23,
    TooManyOpen = 24,
    BrokenPipe = 32,
    Protocol = 71,
    AddressInUse = 98,
    AddressNotAvailable = 99,
    NetworkDown = 100,
    NetworkUnreachable = 101,
    ConnectionAborted = 103,
    ConnectionReset = 104,
    NotConnected = 107,
    Shutdown = 108,
    TimedOut = 110,
    ConnectionRefused = 111,
    HostDown = 112,
    HostUnreachable = 113,
    InProgress = 115,
    FamilyNotSupported = 97,
}
