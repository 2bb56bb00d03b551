namespace Platform.Gateway.Tokens;

/// <summary>
/// The first administrator's token, from <c>Gateway:BootstrapToken</c>. Only its hash stays; the text leaves the environment of this
/// process, so that no child and no dump of the environment has it.
/// </summary>
internal sealed class BootstrapToken
{
    public const string Key = "Gateway:BootstrapToken";

    /// <exception cref="InvalidOperationException">The setting is there but is no token.</exception>
    public BootstrapToken(IConfiguration configuration)
    {
        var text = configuration[Key];
        Environment.SetEnvironmentVariable(Key.Replace(":", "__", StringComparison.Ordinal), null);
        if (string.IsNullOrEmpty(text)) return;
        if (!TokenText.IsWellFormed(text))
            throw new InvalidOperationException($"The setting {Key} is not a token of this platform. Start it with ./platform up, which makes a valid one, or leave the setting out.");
        Hash = TokenText.Hash(text);
    }

    /// <summary>Null: no bootstrap token was given.</summary>
    public byte[]? Hash { get; }
}
