using Xunit;

namespace PipeProxy.Testing;

/// <summary>Waits for what nobody announces.</summary>
public static class Until
{
    /// <summary>Looks a hundred times a second until it holds; fails the test after half a minute.</summary>
    public static async Task HoldsAsync(Func<bool> holds, string what = "what was waited for")
    {
        for (int i = 0; i < 3000; i++)
        {
            if (holds())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail($"It never came to this: {what}.");
    }
}
