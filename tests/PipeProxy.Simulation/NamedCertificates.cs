namespace PipeProxy.Simulation;

/// <summary>What certificate names mean, by the rules that operators are told: a changed certificate is shown to its origins first, and the one before serves until they have had their say.</summary>
/// <remarks>Written a second time, and not asked of the proxy, so that the two can disagree.</remarks>
internal sealed class NamedCertificates(World world, Oracle oracle)
{
    private readonly Name[] _names = [.. SimulatedCertificates.Names.Select(static _ => new Name())];

    /// <summary>What the source has under a name.</summary>
    internal (int Number, bool Enabled) Held(int name) => _names[name].Held;

    /// <summary>The first of its name is in force at once.</summary>
    internal void Begin(int name, int number)
    {
        _names[name].Held = _names[name].InForce = (number, true);
        oracle.Certificate(name).Add(0, 0, number);
    }

    /// <summary>Whom routes present from now on.</summary>
    internal void Present(IEnumerable<RouteMeaning?> routes)
    {
        var presented = routes.Select(static route => route?.Name).ToHashSet();
        foreach (var (index, name) in _names.Index())
        {
            name.IsPresented = presented.Contains(index);
        }
    }

    /// <summary>The source has another certificate.</summary>
    internal void Put(int name, int number, bool enabled)
    {
        (_names[name].Held, _names[name].IsThere) = ((number, enabled), true);
        Settle();
    }

    /// <summary>The source has none any more: the name keeps what it meant.</summary>
    internal void Remove(int name)
    {
        // Whatever changes is an occasion to look at the others, too: one may have expired since.
        _names[name].IsThere = false;
        Settle();
    }

    /// <summary>Every origin took it.</summary>
    internal void Switched(int name, int number)
    {
        if (_names[name].Held.Number != number)
        {
            world.Fail($"{SimulatedCertificates.NameOf(number)} was put in force when the source had {SimulatedCertificates.NameOf(_names[name].Held.Number)}");
        }

        (_names[name].Approved, _names[name].Refused) = (number, -1);
        Settle();
        _names[name].Approved = -1;
    }

    /// <summary>An origin refused it.</summary>
    internal void RolledBack(int name, int number) => _names[name].Refused = number;

    /// <summary>The proxy has read its source.</summary>
    internal void Settle()
    {
        foreach (var (index, name) in _names.Index())
        {
            if (name.IsThere && name.Decide(world.Now) is var decided && decided != name.InForce)
            {
                name.InForce = decided;
                oracle.Certificate(index).Add(world.Moment, world.Moment, decided.Enabled ? decided.Number : -1);
            }
        }
    }

    private sealed class Name
    {
        internal (int Number, bool Enabled) Held;
        internal (int Number, bool Enabled) InForce;
        internal bool IsThere = true;
        internal bool IsPresented;
        internal int Refused = -1;
        internal int Approved = -1;

        internal (int Number, bool Enabled) Decide(long now)
        {
            // Nobody else could refuse it; and an operator's word is in force at once.
            if (Held.Number == InForce.Number || !IsPresented || !Held.Enabled)
            {
                return Held;
            }

            var beforeServes = InForce.Enabled && !SimulatedCertificates.IsOver(InForce.Number, now);
            if (SimulatedCertificates.IsOver(Held.Number, now))
            {
                return beforeServes ? InForce : Held;
            }

            return Held.Number == Approved ? Held
                : Held.Number == Refused || beforeServes ? InForce
                : Held;
        }
    }
}
