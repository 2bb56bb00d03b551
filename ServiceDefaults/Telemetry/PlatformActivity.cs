using System.Diagnostics;

namespace Platform.ServiceDefaults;

/// <summary>Activities of the platform's own steps.</summary>
public static class PlatformActivity
{
    public static readonly ActivitySource Source = new("Platform");
}
