using System.Globalization;
using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>
/// A fixture as files: <c>rows.txt</c>; <c>blobs.txt</c>, a line for each blob (name, kind, CRC-32C, lengths of its blocks), and <c>blobs.bin</c>, their bytes in that order;
/// <c>log.txt</c>, what is to be read from it.
/// </summary>
internal static class FixtureFolder
{
    private const string RowsFile = "rows.txt";
    private const string BlobsFile = "blobs.txt";
    private const string BytesFile = "blobs.bin";
    private const string LogFile = "log.txt";

    /// <summary>Throws <see cref="IOException"/> where something is already: what was frozen stays frozen.</summary>
    public static void Write(string folder, Fixture fixture)
    {
        if (Path.Exists(folder))
            throw new IOException($"{folder} exists. A frozen fixture is never written again: later builds are held to what stands there. Name a new folder for a new format.");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, RowsFile), RowText.Write(fixture.Image.Rows));
        var index = new StringBuilder();
        using (var bytes = File.Create(Path.Combine(folder, BytesFile)))
        {
            foreach (var blob in fixture.Image.Blobs)
            {
                index.Append(CultureInfo.InvariantCulture, $"{blob.Name} {blob.Kind} {Crc32C.Compute(blob.Content):x8} {string.Join(',', blob.Blocks.Select(block => block.Length))}\n");
                bytes.Write(blob.Content);
            }
        }

        File.WriteAllText(Path.Combine(folder, BlobsFile), index.ToString());
        File.WriteAllText(Path.Combine(folder, LogFile), fixture.Log);
    }

    public static Fixture Read(string folder)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, BytesFile));
        var blobs = new List<StoredBlob>();
        var at = 0;
        foreach (var line in File.ReadLines(Path.Combine(folder, BlobsFile)))
        {
            var words = line.Split(' ');
            var blocks = new List<byte[]>();
            foreach (var length in words[3].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture)))
            {
                blocks.Add(bytes[at..(at + length)]);
                at += length;
            }

            var blob = new StoredBlob(words[0], Enum.Parse<BlobKind>(words[1]), blocks);
            if (Crc32C.Compute(blob.Content).ToString("x8", CultureInfo.InvariantCulture) != words[2])
                throw new InvalidDataException($"{folder}: the bytes of {blob.Name} are not those that were frozen.");
            blobs.Add(blob);
        }

        if (at != bytes.Length)
            throw new InvalidDataException($"{folder}: {BytesFile} holds more than {BlobsFile} says.");
        return new Fixture(
            new StorageImage(RowText.Read(File.ReadAllText(Path.Combine(folder, RowsFile))), blobs), File.ReadAllText(Path.Combine(folder, LogFile)));
    }
}
