using ManagedLog.Fixtures;
using ManagedLog.Testing;

namespace ManagedLog.Engine.Tests.Format;

public class FixtureFolderTests
{
    [Fact]
    public void Fixture_WrittenByThisBuild_ReadsAsWritten_AndIsNeverWrittenOver()
    {
        using var temporary = new TemporaryFolder();
        var folder = temporary["Format9"];
        var fixture = FixtureWriter.Write();

        FixtureFolder.Write(folder, fixture);

        var read = FixtureFolder.Read(folder);
        Assert.Equal(fixture.Log, read.Log);
        Assert.Equal(RowText.Write(fixture.Image.Rows), RowText.Write(read.Image.Rows));
        Assert.Equal(fixture.Image.Blobs.Select(blob => blob.Name), read.Image.Blobs.Select(blob => blob.Name));
        Assert.Equal(fixture.Image.Blobs.SelectMany(blob => blob.Blocks), read.Image.Blobs.SelectMany(blob => blob.Blocks));
        Assert.Throws<IOException>(() => FixtureFolder.Write(folder, fixture));
    }

    /// <summary>The command checks what it writes, and throws where that is not so.</summary>
    [Fact]
    public void Fixture_OfCompactedTopics_IsTheSameHoweverOftenItIsWritten()
    {
        var (one, other) = (FixtureWriter.WriteCompacted(), FixtureWriter.WriteCompacted());
        Assert.Equal(one.Log, other.Log);
        Assert.Equal(RowText.Write(one.Image.Rows), RowText.Write(other.Image.Rows));
        Assert.Equal(one.Image.Blobs.Select(blob => blob.Name), other.Image.Blobs.Select(blob => blob.Name));
        Assert.Equal(one.Image.Blobs.SelectMany(blob => blob.Content), other.Image.Blobs.SelectMany(blob => blob.Content));
    }

    [Fact]
    public void Fixture_OfWhichAByteWasChanged_IsNotTakenForTheFrozenOne()
    {
        using var temporary = new TemporaryFolder();
        var folder = temporary["Format9"];
        FixtureFolder.Write(folder, FrozenAccount.Read("Format1"));
        var path = Path.Combine(folder, "blobs.bin");
        var bytes = File.ReadAllBytes(path);
        bytes[1000] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.Throws<InvalidDataException>(() => FixtureFolder.Read(folder));
    }
}
