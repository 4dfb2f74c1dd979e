using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>Configs as a row keeps them: lines of <c>name=value</c>, only those that were set.</summary>
internal static class ConfigLines
{
    public static string Encode(TopicConfig config) => string.Join('\n', config.Overrides.Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>Throws <see cref="InvalidDataException"/> for a config that this version does not know.</summary>
    public static TopicConfig Decode(Row row, string name)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var line in RowFormat.Text(row, name).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !settings.TryAdd(line[..equals], line[(equals + 1)..]))
                throw RowFormat.Wrong(row, name);
        }

        var config = TopicConfig.Restore(settings);
        return config.IsRefused
            ? throw new InvalidDataException($"Row {row.Address} holds a config that this version cannot read: {config.Refusal.Message} Update this instance.")
            : config.Value;
    }
}
