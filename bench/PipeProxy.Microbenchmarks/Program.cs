using System.Reflection;
using BenchmarkDotNet.Running;
using PipeProxy.Microbenchmarks;

// "interleaved" compares in turns, for machines that are not quiet; anything else is for BenchmarkDotNet.
if (args is ["interleaved", ..])
{
    Comparisons.Run(args[1..]);
    return;
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
