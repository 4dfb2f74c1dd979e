using System.Globalization;
using System.Reflection;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Tests.Limits;

/// <summary>docs/configuration.md and docs/limits.md name every limit.</summary>
public sealed class LimitsPageTests
{
    [Fact]
    public void Pages_NameEverySetting_AndItsDefault()
    {
        var configuration = File.ReadAllText(Path.Combine(Repository(), "docs", "configuration.md"));
        var limits = File.ReadAllText(Path.Combine(Repository(), "docs", "limits.md"));
        var defaults = new LimitOptions();
        foreach (var setting in typeof(LimitOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var value = Convert.ToString(setting.GetValue(defaults), CultureInfo.InvariantCulture)!;
            Assert.Contains($"| `ManagedLog__Limits__{setting.Name}` | {(value.Contains(':', StringComparison.Ordinal) ? $"`{value}`" : value)} |", configuration, StringComparison.Ordinal);
            Assert.Contains(setting.Name + "`", limits, StringComparison.Ordinal);
        }
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ManagedLog.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
