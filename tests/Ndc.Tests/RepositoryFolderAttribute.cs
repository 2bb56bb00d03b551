using System.Reflection;

namespace Platform.Ndc.Tests;

/// <summary>Where the sources are, as the build knew it.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class RepositoryFolderAttribute(string path) : Attribute
{
    public string Path => path;

    public static string Value => Assembly.GetExecutingAssembly().GetCustomAttribute<RepositoryFolderAttribute>()!.Path;
}
