namespace ManagedLog.Proof.Streaming;

/// <summary>A file in memory, cut into lines: each line is one record, without its line feed.</summary>
internal sealed class LineFile
{
    private const byte LineFeed = (byte)'\n';

    private readonly byte[] _content;
    private readonly int[] _starts;

    private LineFile(byte[] content, int[] starts)
    {
        _content = content;
        _starts = starts;
    }

    public int Count => _starts.Length - 1;

    /// <summary>All lines together, in bytes.</summary>
    public long Size => _content.Length - Count;

    /// <summary>One line, numbered from 0.</summary>
    public ReadOnlyMemory<byte> this[int line] => _content.AsMemory(_starts[line].._starts[line + 1])[..^1];

    public static LineFile Read(string path) => Cut(File.ReadAllBytes(path));

    public static LineFile Cut(byte[] content)
    {
        if (content.Length > 0 && content[^1] != LineFeed)
            content = [.. content, LineFeed];
        List<int> starts = [0];
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == LineFeed)
                starts.Add(i + 1);
        }

        return new LineFile(content, [.. starts]);
    }
}
