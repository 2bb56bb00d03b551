namespace Platform.Connectors;

/// <summary>The contracts by which hosts talk to connectors. Host and connector agree on the best that both know.</summary>
[Flags]
public enum ConnectorProtocols
{
    /// <summary>One stream of pages, acknowledged one by one, and nothing else.</summary>
    C1 = 1,

    /// <summary>The platform's own: specification, checks, states, deletes, actions.</summary>
    Platform = 2,

    /// <summary>The platform's own, and c1 for hosts that know nothing else.</summary>
    All = C1 | Platform,
}
