namespace Platform.Connectors;

/// <summary>Names a connector. Without it, the name and version are the assembly's.</summary>
/// <param name="name">At most 200 characters.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ConnectorAttribute(string name) : Attribute
{
    /// <inheritdoc cref="ConnectorAttribute"/>
    public string Name => name;

    /// <summary>Shown, never compared. Without it: the assembly's.</summary>
    public string? Version { get; init; }

    /// <summary>One line for people.</summary>
    public string Summary { get; init; } = "";
}

/// <summary>A stream that syncs of this connector bring. Without any, streams are not known before a sync.</summary>
/// <param name="name">At most 255 bytes; empty for a connector that has only one.</param>
/// <param name="description">For people.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class StreamAttribute(string name, string description = "") : Attribute
{
    /// <inheritdoc cref="StreamAttribute"/>
    public string Name => name;

    /// <summary>For people.</summary>
    public string Description => description;

    /// <summary>It can go on from a state.</summary>
    public bool Incremental { get; init; }
}

/// <summary>
/// Describes a member of the options or of an action's arguments; members without it are parameters too. The name is the member's in snake_case, or its
/// JsonPropertyName; the type is the member's; the default is the one that it has in C#. Of System.ComponentModel.DataAnnotations, Required, Range,
/// RegularExpression, AllowedValues and DeniedValues become validations, which the platform applies before the connector is started.
/// </summary>
/// <param name="description">For people.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class ParameterAttribute(string description) : Attribute
{
    /// <summary>For people.</summary>
    public string Description => description;

    /// <summary>Never shown, masked everywhere.</summary>
    public bool Secret { get; init; }

    /// <summary>The value of this text is what a file holds.</summary>
    public bool File { get; init; }
}

/// <summary>
/// Makes an action of a public method of the connector. Of its parameters, all optional and in any order, the one of the connector's options type gets those, others
/// an <see cref="ActionContext"/> and a <see cref="CancellationToken"/>; a record gets the arguments. It returns a task, whose result is the action's, as JSON with
/// snake_case names.
/// </summary>
/// <param name="description">What it does and why one would want it.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ActionAttribute(string description) : Attribute
{
    /// <summary>What it does and why one would want it.</summary>
    public string Description => description;

    /// <summary>a-z, A-Z, 0-9, '_', '-', '.'; at most 128. Without it: the method's in snake_case, without Async.</summary>
    public string? Name { get; init; }

    /// <summary>It changes something at the source: one at a time for each connection.</summary>
    public bool Mutates { get; init; }

    /// <summary>Refused while a run of the connection is active.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Done twice it is as if done once: a transient failure is tried again.</summary>
    public bool Idempotent { get; init; }
}
