using System.Reflection;

namespace ManagedLog.Local;

/// <summary>What the build noted about where things are (see the project file).</summary>
internal static class BuildInformation
{
    /// <summary>The built service's assembly; its executable stands beside it.</summary>
    public static string ServiceAssembly => Read("ServiceAssembly");

    /// <summary>The root of the repository.</summary>
    public static string Repository => Read("Repository");

    private static string Read(string key) =>
        typeof(BuildInformation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
