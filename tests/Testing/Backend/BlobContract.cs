using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Block blobs, put whole or by staged blocks; deleting and listing of both kinds.</summary>
public abstract class BlobContract : BackendContract
{
    [Fact]
    public async Task GetBlob_WhenAbsent_AnswersMissing() => Missing(await Backend.GetBlobAsync("a", None));

    [Fact]
    public async Task PutBlob_WhenAbsent_StoresAllAndAnswersItsETag()
    {
        var content = Pattern(300_000);

        var etag = Done(await Backend.PutBlobAsync("a/b", content, None));

        var properties = Done(await Backend.GetBlobAsync("a/b", None));
        Assert.Equal((BlobKind.Block, content.LongLength, etag), (properties.Kind, properties.Length, properties.ETag));
        var range = Done(await Backend.ReadRangeAsync("a/b", 1, 400_000, None));
        Assert.True(range.Content.Span.SequenceEqual(content.AsSpan(1)));
        Assert.Equal(content.Length, range.BlobLength);
    }

    [Fact]
    public async Task PutBlob_OfNothing_IsAnEmptyBlob()
    {
        Done(await Backend.PutBlobAsync("a", default, None));

        Assert.Equal(0, Done(await Backend.GetBlobAsync("a", None)).Length);
        Assert.Equal(0, Done(await Backend.ReadRangeAsync("a", 0, 10, None)).Content.Length);
    }

    [Fact]
    public async Task PutBlob_WhenABlobExists_FailsWithExistsAndKeepsIt()
    {
        await CreateAppendBlobAsync("log", "appended");
        Done(await Backend.PutBlobAsync("put", Bytes("first"), None));

        Failed(ConditionFailure.Exists, await Backend.PutBlobAsync("log", Bytes("second"), None));
        Failed(ConditionFailure.Exists, await Backend.PutBlobAsync("put", Bytes("second"), None));

        Assert.Equal("appended", await ReadTextAsync("log"));
        Assert.Equal("first", await ReadTextAsync("put"));
    }

    [Fact]
    public async Task PutBlob_WhenTheBlobIsLeased_FailsWithExists()
    {
        Done(await Backend.PutBlobAsync("a", Bytes("first"), None));
        Done(await Backend.AcquireLeaseAsync("a", Guid.NewGuid(), StorageLimits.MinLease, None));

        Failed(ConditionFailure.Exists, await Backend.PutBlobAsync("a", Bytes("second"), None));
    }

    [Fact]
    public async Task PutBlob_WhenManyRace_HasOneWinner()
    {
        var answers = await AtOnceAsync(8, async i => await Backend.PutBlobAsync("a", Bytes($"{i}"), None));

        var winner = Assert.Single(answers.Index(), answer => answer.Item.IsDone).Index;
        Assert.All(answers.Where(answer => !answer.IsDone), answer => Failed(ConditionFailure.Exists, answer));
        Assert.Equal($"{winner}", await ReadTextAsync("a"));
    }

    [Fact]
    public async Task StageBlock_UntilCommitted_IsNotSeen()
    {
        Done(await Backend.StageBlockAsync("a", "1", Bytes("x"), None));

        Missing(await Backend.GetBlobAsync("a", None));
        Missing(await Backend.ReadRangeAsync("a", 0, 1, None));
        Assert.Empty(Done(await Backend.ListBlobsAsync("", null, 10, None)).Blobs);
    }

    [Fact]
    public async Task CommitBlocks_InTheGivenOrder_MakesTheBlob()
    {
        Done(await Backend.StageBlockAsync("a", "try-1/0", Bytes("never "), None));
        Done(await Backend.StageBlockAsync("a", "try-2/0", Bytes("one "), None));
        Done(await Backend.StageBlockAsync("a", "try-2/2", Bytes("three"), None));
        Done(await Backend.StageBlockAsync("a", "try-2/1", Bytes("lost "), None));
        Done(await Backend.StageBlockAsync("a", "try-2/1", Bytes("two "), None));

        var etag = Done(await Backend.CommitBlocksAsync("a", ["try-2/0", "try-2/1", "try-2/2"], None));

        Assert.Equal("one two three", await ReadTextAsync("a"));
        var properties = Done(await Backend.GetBlobAsync("a", None));
        Assert.Equal((BlobKind.Block, 13L, etag), (properties.Kind, properties.Length, properties.ETag));
    }

    [Fact]
    public async Task CommitBlocks_WhenABlobExists_FailsWithExistsAndKeepsIt()
    {
        Done(await Backend.StageBlockAsync("a", "1", Bytes("staged"), None));
        Done(await Backend.CommitBlocksAsync("a", ["1"], None));
        Done(await Backend.StageBlockAsync("a", "2", Bytes("later"), None));

        Failed(ConditionFailure.Exists, await Backend.CommitBlocksAsync("a", ["2"], None));

        Assert.Equal("staged", await ReadTextAsync("a"));
    }

    [Fact]
    public async Task CommitBlocks_WhenABlockWasNeverStaged_IsRefusedAndMakesNothing()
    {
        Done(await Backend.StageBlockAsync("a", "1", Bytes("x"), None));

        await Assert.ThrowsAsync<StorageRefusedException>(async () => await Backend.CommitBlocksAsync("a", ["1", "2"], None));

        Missing(await Backend.GetBlobAsync("a", None));
    }

    [Fact]
    public async Task CommitBlocks_WhenTwoAttemptsRace_OneWinsWhole()
    {
        foreach (var attempt in new[] { "p", "q" })
        {
            for (var i = 0; i < 3; i++)
                Done(await Backend.StageBlockAsync("a", $"{attempt}{i}", Bytes($"{attempt}{i}"), None));
        }

        var answers = await AtOnceAsync(2, async i => await Backend.CommitBlocksAsync("a", i == 0 ? ["p0", "p1", "p2"] : ["q0", "q1", "q2"], None));

        var winner = Assert.Single(answers.Index(), answer => answer.Item.IsDone).Index;
        Failed(ConditionFailure.Exists, answers[1 - winner]);
        Assert.Equal(winner == 0 ? "p0p1p2" : "q0q1q2", await ReadTextAsync("a"));
    }

    [Fact]
    public async Task DeleteBlob_UnderItsETag_IsGone()
    {
        var etag = Done(await Backend.PutBlobAsync("a", Bytes("x"), None));

        Done(await Backend.DeleteBlobAsync("a", etag, None));

        Missing(await Backend.GetBlobAsync("a", None));
        var again = await Backend.DeleteBlobAsync("a", etag, None);
        Assert.True(again.Status == OutcomeStatus.Missing || again.Failed(ConditionFailure.ETag), again.ToString());
    }

    [Fact]
    public async Task DeleteBlob_WhenItWasAppendedTo_FailsWithETag()
    {
        var blob = await CreateAppendBlobAsync("a", "x");
        var stale = Done(await Backend.GetBlobAsync(blob, None)).ETag;
        Done(await Backend.AppendAsync(blob, 1, Bytes("y"), None));

        Failed(ConditionFailure.ETag, await Backend.DeleteBlobAsync(blob, stale, None));

        Assert.Equal("xy", await ReadTextAsync(blob));
    }

    [Fact]
    public async Task DeleteBlob_ThenCreatedAgain_DoesNotTakeTheOldETag()
    {
        var etag = Done(await Backend.PutBlobAsync("a", Bytes("x"), None));
        Done(await Backend.DeleteBlobAsync("a", etag, None));
        Done(await Backend.PutBlobAsync("a", Bytes("x"), None));

        Failed(ConditionFailure.ETag, await Backend.DeleteBlobAsync("a", etag, None));
    }

    [Fact]
    public async Task ListBlobs_WithAPrefix_AnswersThoseInOrderOfName()
    {
        foreach (var name in new[] { "b/2", "a/3", "b/10", "b/1", "b0", "b", "c" })
            Done(await Backend.PutBlobAsync(name, Bytes(name), None));
        await CreateAppendBlobAsync("b/log", "12345");

        var page = Done(await Backend.ListBlobsAsync("b/", null, 100, None));

        Assert.Null(page.Continuation);
        Assert.Equal(["b/1", "b/10", "b/2", "b/log"], page.Blobs.Select(blob => blob.Name));
        Assert.Equal([BlobKind.Block, BlobKind.Block, BlobKind.Block, BlobKind.Append], page.Blobs.Select(blob => blob.Properties.Kind));
        Assert.Equal([3L, 4L, 3L, 5L], page.Blobs.Select(blob => blob.Properties.Length));
        foreach (var listing in page.Blobs)
            Assert.Equal(Done(await Backend.GetBlobAsync(listing.Name, None)), listing.Properties);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task ListBlobs_InPages_AnswersEachOnce(int pageSize)
    {
        for (var i = 0; i < 7; i++)
            Done(await Backend.PutBlobAsync($"p/{i}", Bytes("x"), None));
        Done(await Backend.PutBlobAsync("q", Bytes("x"), None));

        var names = new List<string>();
        string? continuation = null;
        do
        {
            var page = Done(await Backend.ListBlobsAsync("p/", continuation, pageSize, None));
            Assert.InRange(page.Blobs.Count, 0, pageSize);
            names.AddRange(page.Blobs.Select(blob => blob.Name));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"p/{i}"), names);
    }

    [Fact]
    public async Task ListBlobs_WhenNoneBeginsSo_IsEmpty()
    {
        await CreateAppendBlobAsync("a");

        var page = Done(await Backend.ListBlobsAsync("b", null, 10, None));

        Assert.Empty(page.Blobs);
        Assert.Null(page.Continuation);
    }
}
