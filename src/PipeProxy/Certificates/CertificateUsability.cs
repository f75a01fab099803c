namespace PipeProxy.Certificates;

/// <summary>Whether a certificate may be presented now and here. Everything but <see cref="Usable"/> makes its routes answer 522.</summary>
public enum CertificateUsability
{
    /// <summary>It may be presented.</summary>
    Usable,

    /// <summary>Its NotAfter has passed.</summary>
    Expired,

    /// <summary>Its NotBefore lies ahead.</summary>
    NotYetValid,

    /// <summary>An operator switched it off.</summary>
    Disabled,

    /// <summary>Its environment types do not include the proxy's.</summary>
    NotEnabledForEnvironment,
}
