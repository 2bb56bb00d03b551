namespace Platform.Gateway.Console.Session;

/// <summary>Which paths are the console's: the cookie opens these alone, and the API's header none of them.</summary>
internal static class ConsolePaths
{
    public const string Root = "/console";
    public const string SignIn = Root + "/sign-in";
    public const string SignOut = Root + "/sign-out";
    public const string Assets = Root + "/assets";

    /// <summary>The address that a person types leads to the console.</summary>
    public static bool Covers(PathString path) => path == "/" || path.StartsWithSegments(Root);

    /// <summary>What whoever is not signed in needs in order to sign in.</summary>
    public static bool IsOpen(PathString path) => path == "/" || path == SignIn || path.StartsWithSegments(Assets);

    /// <summary>A path to go to after the sign-in: one of the console's, never another site's, whatever a link said.</summary>
    public static string Local(string? wanted) =>
        wanted is not null && wanted.StartsWith(Root, StringComparison.Ordinal) && !wanted.StartsWith(SignIn, StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(new Uri("http://console"), wanted, out var address) && address.Host == "console" && address.PathAndQuery == wanted && Covers(address.AbsolutePath)
            ? wanted
            : Root;
}
