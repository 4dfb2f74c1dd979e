using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ManagedLog.Functions.Tests.Architecture;

/// <summary>Who may know whom. The picture is in CONTRIBUTING.md.</summary>
public partial class ArchitectureTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Engine_KnowsNoAzurePackage() =>
        Assert.DoesNotContain(References("ManagedLog.Engine"), name => name.StartsWith("Azure.", StringComparison.Ordinal) || name == "ManagedLog.AzureStorage");

    [Fact]
    public void Protocol_IsALeafWithNoPackageButCodecs()
    {
        Assert.DoesNotContain(References("ManagedLog.Protocol"), name => name.StartsWith("ManagedLog", StringComparison.Ordinal));
        Assert.Equal(["IronSnappy", "K4os.Compression.LZ4", "ZstdSharp.Port"], PackagesOf("storage/Protocol/ManagedLog.Protocol.csproj"));
    }

    [Theory]
    [InlineData("storage/Engine/ManagedLog.Engine.csproj", "ManagedLog.Protocol")]
    [InlineData("storage/AzureStorage/ManagedLog.AzureStorage.csproj", "ManagedLog.Engine")]
    [InlineData("functions/ManagedLog.Functions.csproj", "ManagedLog.Engine", "ManagedLog.AzureStorage")]
    public void Project_RefersOnlyTo(string project, params string[] allowed) => Assert.Equal(allowed.Order(), ProjectsOf(project).Order());

    [Fact]
    public void Functions_KnowAzureStorageOnlyInProgram()
    {
        var knowing = Sources("functions").Where(file => AzureNames().IsMatch(File.ReadAllText(file))).Select(Path.GetFileName);
        Assert.DoesNotContain(knowing, file => file != "Program.cs");
    }

    [Theory]
    [InlineData("Backend", "Metadata", "Log", "Groups", "Consumers", "Insight")]
    [InlineData("Metadata", "Log", "Groups", "Consumers", "Insight")]
    [InlineData("Log", "Groups", "Consumers", "Insight")]
    [InlineData("Groups", "Consumers", "Insight")]
    [InlineData("Consumers", "Log", "Insight")]
    public void EngineFolder_DoesNotUseThoseAboveIt(string folder, params string[] above)
    {
        foreach (var file in Sources($"storage/Engine/{folder}"))
        {
            var text = File.ReadAllText(file);
            foreach (var other in above)
                Assert.False(text.Contains($"ManagedLog.Engine.{other}", StringComparison.Ordinal), $"{file} uses {other}");
        }
    }

    /// <summary>All time, chance and scheduling come in from outside, or a simulation could not repeat itself.</summary>
    [Theory]
    [InlineData("UtcNow")]
    [InlineData("DateTime.Now")]
    [InlineData("Stopwatch")]
    [InlineData("Guid.NewGuid")]
    [InlineData("Random.Shared")]
    [InlineData("new Random(")]
    [InlineData("Task.Run(")]
    [InlineData("ConfigureAwait(false)")]
    [InlineData("TimeProvider.System")]
    public void Engine_DoesNotUse(string banned)
    {
        foreach (var file in Sources("storage/Engine"))
        {
            var code = Comments().Replace(File.ReadAllText(file), "").Replace("GetUtcNow", "", StringComparison.Ordinal);
            Assert.False(code.Contains(banned, StringComparison.Ordinal), $"{file} uses {banned}");
        }
    }

    [Fact]
    public void Versions_StandOnlyInOnePlace()
    {
        foreach (var project in Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(IsOurs))
        {
            var packages = XDocument.Load(project).Descendants("PackageReference");
            Assert.DoesNotContain(packages, package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null);
        }
    }

    private static List<string> References(string assembly) => [.. Assembly.Load(assembly).GetReferencedAssemblies().Select(name => name.Name!)];

    private static List<string> PackagesOf(string project) =>
        [.. XDocument.Load(Path.Combine(Root, project)).Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value)];

    private static List<string> ProjectsOf(string project) =>
        [.. XDocument.Load(Path.Combine(Root, project)).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))];

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Where(IsOurs);

    private static bool IsOurs(string file)
    {
        var parts = Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar);
        return !parts.Contains("bin") && !parts.Contains("obj") && !parts.Contains("node_modules");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ManagedLog.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("ManagedLog.sln is not above the test's folder.");
        return folder.FullName;
    }

    [GeneratedRegex(@"\bManagedLog\.AzureStorage\b|\busing Azure\.|\bAzure\.(Core|Identity|Storage)\b")]
    private static partial Regex AzureNames();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comments();
}
