using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>Reads properties of rows, with an error that names the row when it is not what it should be.</summary>
internal static class RowFormat
{
    private static readonly long MinTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A row that a later format wrote is refused, never guessed at.</summary>
    public static void Require(Row row, int version)
    {
        var found = Int32(row, "Format");
        if (found != version)
            throw new InvalidDataException($"Row {row.Address} has format {found}; this version reads format {version}. Update this instance.");
    }

    public static string Text(Row row, string name) => Get(row, name).Value as string ?? throw Wrong(row, name);

    /// <summary>An empty string stands for none.</summary>
    public static string? OptionalText(Row row, string name) => Text(row, name) is { Length: > 0 } text ? text : null;

    public static int Int32(Row row, string name, int least = int.MinValue) => Get(row, name).Value is int value && value >= least ? value : throw Wrong(row, name);

    public static long Int64(Row row, string name, long least = long.MinValue)
    {
        var number = Get(row, name).Value switch
        {
            long value => value,
            int value => value,
            _ => throw Wrong(row, name),
        };
        return number >= least ? number : throw Wrong(row, name);
    }

    /// <summary>Kept as ms since 1970.</summary>
    public static DateTimeOffset Time(Row row, string name) => Int64(row, name) is var ms && ms >= MinTime && ms <= MaxTime ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : throw Wrong(row, name);

    /// <summary>A property that rows of before it was thought of do not have.</summary>
    public static long AddedInt64(Row row, string name) => row.Properties.ContainsKey(name) ? Int64(row, name) : 0;

    public static SegmentId Segment(Row row, string name) => SegmentId.TryParse(Text(row, name), out var id) ? id : throw Wrong(row, name);

    public static TopicId Topic(Row row, string name) => TopicId.TryParse(Text(row, name), out var id) ? id : throw Wrong(row, name);

    public static string Join(IReadOnlyList<int> numbers) => string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)));

    /// <summary>As <see cref="Join"/> writes them.</summary>
    public static IReadOnlyList<int> Numbers(Row row, string name)
    {
        var text = Text(row, name);
        return text.Length == 0 ? [] : [.. text.Split(',').Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(row, name))];
    }

    private static RowValue Get(Row row, string name) => row.Properties.TryGetValue(name, out var value) ? value : throw Wrong(row, name);

    public static InvalidDataException Wrong(Row row, string name) => new($"Row {row.Address} has no valid property '{name}'.");
}
