using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>docs/configuration.md says what the code says.</summary>
public sealed class ConfigurationPageTests
{
    [Fact]
    public void Page_ForTopicConfigs_HasTheRowsThatTheDefinitionsMake()
    {
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "configuration.md"));
        var rows = page.SkipWhile(line => line != "## Topic configs").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal));

        Assert.Equal(TopicConfigDefinitions.All.Select(Row), rows);
    }

    private static string Row(TopicConfigDefinition definition) =>
        $"| `{definition.Name}` | {Type(definition.Type)} | `{definition.Default}` | {definition.Allowed} | {definition.Documentation} |";

    private static string Type(TopicConfigType type) => type switch
    {
        TopicConfigType.WholeNumber => "whole number",
        TopicConfigType.Fraction => "fraction",
        TopicConfigType.Word => "word",
        TopicConfigType.WordList => "words",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such type."),
    };

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ManagedLog.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }
}
