using System.Runtime.CompilerServices;

namespace PipeProxy.Tests.Transport;

/// <summary>Turns <c>EventLoop.AssertInside</c> on for all tests, also in Release builds; read once, when the first loop is made.</summary>
internal static class AssertInsideSwitch
{
    [ModuleInitializer]
    internal static void TurnOn() => AppContext.SetSwitch("PipeProxy.AssertInside", true);
}
