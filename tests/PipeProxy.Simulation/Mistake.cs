namespace PipeProxy.Simulation;

/// <summary>What is wrong on purpose in a run, to see that the property catches it.</summary>
internal enum Mistake : byte
{
    None,

    /// <summary>The pool's key leaves out the certificate.</summary>
    KeyWithoutIdentity,

    /// <summary>The pool's key has the certificate's name and not its chain.</summary>
    KeyWithNameOnly,

    /// <summary>A lease is granted without another look at what the route means by now.</summary>
    BindingKept,

    /// <summary>What arrives for a descriptor reaches whoever has its number now.</summary>
    GenerationIgnored,
}
