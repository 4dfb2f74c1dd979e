using System.Text;
using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Append blobs: create if absent, append at a position, races.</summary>
public abstract class AppendBlobContract : BackendContract
{
    [Fact]
    public async Task Prepare_WhenDoneAgain_KeepsWhatIsThere()
    {
        var blob = await CreateAppendBlobAsync("a", "kept");

        Done(await Backend.PrepareAsync([Table, OtherTable], None));

        Assert.Equal("kept", await ReadTextAsync(blob));
    }

    [Fact]
    public async Task Create_WhenAbsent_MakesAnEmptyAppendBlob()
    {
        Done(await Backend.CreateAppendBlobAsync("a/b c/ü+%.log", None));

        var properties = Done(await Backend.GetBlobAsync("a/b c/ü+%.log", None));
        Assert.Equal(BlobKind.Append, properties.Kind);
        Assert.Equal(0, properties.Length);
        Assert.False(string.IsNullOrEmpty(properties.ETag.Value));
    }

    [Fact]
    public async Task Create_WhenItExists_FailsWithExistsAndKeepsTheContent()
    {
        var blob = await CreateAppendBlobAsync("a", "content");

        Failed(ConditionFailure.Exists, await Backend.CreateAppendBlobAsync(blob, None));

        Assert.Equal("content", await ReadTextAsync(blob));
    }

    [Fact]
    public async Task Create_WhenABlockBlobHasTheName_FailsWithExists()
    {
        Done(await Backend.PutBlobAsync("a", Bytes("put"), None));

        Failed(ConditionFailure.Exists, await Backend.CreateAppendBlobAsync("a", None));

        Assert.Equal("put", await ReadTextAsync("a"));
    }

    [Fact]
    public async Task Create_WhenItIsLeased_FailsWithExists()
    {
        var blob = await CreateAppendBlobAsync();
        Done(await Backend.AcquireLeaseAsync(blob, Guid.NewGuid(), StorageLimits.MaxLease, None));

        Failed(ConditionFailure.Exists, await Backend.CreateAppendBlobAsync(blob, None));
    }

    [Fact]
    public async Task Create_WhenManyRaceAndAppendAtOnce_TruncatesNothing()
    {
        for (var round = 0; round < 10; round++)
        {
            var blob = $"race-{round}";
            var answers = await AtOnceAsync(8, async i =>
            {
                var created = await Backend.CreateAppendBlobAsync(blob, None);
                Assert.True(created.IsDone || created.Failed(ConditionFailure.Exists), created.ToString());
                return (created, appended: await Backend.AppendAsync(blob, 0, Bytes($"{i}"), None));
            });

            Assert.Single(answers, answer => answer.created.IsDone);
            var winner = Assert.Single(answers.Index(), answer => answer.Item.appended.IsDone).Index;
            Assert.All(answers.Where(answer => !answer.appended.IsDone), answer => Failed(ConditionFailure.AppendPosition, answer.appended));
            Assert.Equal($"{winner}", await ReadTextAsync(blob));
        }
    }

    [Fact]
    public async Task Append_AtTheEnd_AnswersThePositionAfterIt()
    {
        var blob = await CreateAppendBlobAsync();

        Assert.Equal(3, Done(await Backend.AppendAsync(blob, 0, Bytes("abc"), None)));
        Assert.Equal(5, Done(await Backend.AppendAsync(blob, 3, Bytes("de"), None)));

        Assert.Equal("abcde", await ReadTextAsync(blob));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(1_000_000)]
    public async Task Append_AnywhereButAtTheEnd_FailsWithAppendPosition(long position)
    {
        var blob = await CreateAppendBlobAsync("a", "ab", "cde");

        Failed(ConditionFailure.AppendPosition, await Backend.AppendAsync(blob, position, Bytes("x"), None));

        Assert.Equal("abcde", await ReadTextAsync(blob));
    }

    [Fact]
    public async Task Append_WhenTheBlobIsMissing_AnswersMissing() => Missing(await Backend.AppendAsync("a", 0, Bytes("x"), None));

    [Fact]
    public async Task Append_ToABlockBlob_IsRefused()
    {
        Done(await Backend.PutBlobAsync("a", Bytes("put"), None));

        await Assert.ThrowsAsync<StorageRefusedException>(async () => await Backend.AppendAsync("a", 3, Bytes("x"), None));

        Assert.Equal("put", await ReadTextAsync("a"));
    }

    [Fact]
    public async Task Append_OfNothingOrOfTooMuch_IsTheCallersMistake()
    {
        var blob = await CreateAppendBlobAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Backend.AppendAsync(blob, 0, default, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Backend.AppendAsync(blob, -1, Bytes("x"), None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Backend.AppendAsync(blob, 0, new byte[StorageLimits.MaxAppendBytes + 1], None));
    }

    [Fact]
    public async Task Append_OfMoreThanFourMebibytes_IsOneBlock()
    {
        var content = Pattern((5 * 1024 * 1024) + 7);
        var blob = await CreateAppendBlobAsync();

        Assert.Equal(content.Length, Done(await Backend.AppendAsync(blob, 0, content, None)));

        var range = Done(await Backend.ReadRangeAsync(blob, 0, content.Length, None));
        Assert.True(range.Content.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task Append_WhenTheBufferChangesAfterTheAnswer_HasStoredWhatItWas()
    {
        var blob = await CreateAppendBlobAsync();
        var buffer = "before"u8.ToArray();
        Done(await Backend.AppendAsync(blob, 0, buffer, None));

        Array.Fill(buffer, (byte)'x');

        Assert.Equal("before", await ReadTextAsync(blob));
    }

    [Fact]
    public async Task Append_WhenTheTokenIsCancelledAlready_Throws()
    {
        var blob = await CreateAppendBlobAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Backend.AppendAsync(blob, 0, Bytes("x"), new CancellationToken(true)));
    }

    [Fact]
    public async Task Append_WhenTwoDuel_HasOneWinner()
    {
        for (var round = 0; round < 30; round++)
        {
            var blob = await CreateAppendBlobAsync($"duel-{round}", "start");
            var answers = await AtOnceAsync(2, async i => await Backend.AppendAsync(blob, 5, Bytes($"{i}"), None));

            var winner = Assert.Single(answers.Index(), answer => answer.Item.IsDone);
            Assert.Equal(6, winner.Item.Value);
            Failed(ConditionFailure.AppendPosition, answers[1 - winner.Index]);
            Assert.Equal($"start{winner.Index}", await ReadTextAsync(blob));
        }
    }

    [Fact]
    public async Task Append_By16WhoFollowTheEnd_LeavesACleanSequence()
    {
        const int Each = 8;
        var blob = await CreateAppendBlobAsync();

        var ends = await AtOnceAsync(16, async writer =>
        {
            var mine = new List<long>();
            var position = 0L;
            while (mine.Count < Each)
            {
                var answer = await Backend.AppendAsync(blob, position, Bytes($"{writer:D2}:{mine.Count:D3};"), None);
                if (answer.IsDone)
                    mine.Add(answer.Value);
                else
                    Failed(ConditionFailure.AppendPosition, answer);
                position = answer.IsDone ? answer.Value : Done(await Backend.GetBlobAsync(blob, None)).Length;
            }

            return mine;
        });

        var text = await ReadTextAsync(blob);
        Assert.Equal(16 * Each * 7, text.Length);
        for (var writer = 0; writer < 16; writer++)
        {
            for (var i = 0; i < Each; i++)
                Assert.Equal($"{writer:D2}:{i:D3};", text.Substring((int)ends[writer][i] - 7, 7));
        }
    }

    [Fact]
    public async Task Append_ChangesTheETagAndTheLength()
    {
        var blob = await CreateAppendBlobAsync("a", "one");
        var before = Done(await Backend.GetBlobAsync(blob, None));

        Done(await Backend.AppendAsync(blob, 3, Bytes("two"), None));

        var after = Done(await Backend.GetBlobAsync(blob, None));
        Assert.NotEqual(before.ETag, after.ETag);
        Assert.Equal(3, before.Length);
        Assert.Equal(6, after.Length);
        Assert.True(after.LastModified >= before.LastModified);
    }

    [Fact]
    public async Task Append_WhenTheBlobWasDeleted_AnswersMissing()
    {
        var blob = await CreateAppendBlobAsync("a", "x");
        Done(await Backend.DeleteBlobAsync(blob, Done(await Backend.GetBlobAsync(blob, None)).ETag, None));

        Missing(await Backend.AppendAsync(blob, 1, Bytes("y"), None));
    }

    [Fact]
    public async Task ReadRange_SpanningAppends_IsTheirBytesInOrder()
    {
        var blob = await CreateAppendBlobAsync("a", "abc", "d", "efgh", "ij");

        for (var position = 0; position <= 10; position++)
        {
            for (var count = 1; count <= 11; count++)
            {
                var range = Done(await Backend.ReadRangeAsync(blob, position, count, None));
                Assert.Equal("abcdefghij"[position..Math.Min(10, position + count)], Encoding.UTF8.GetString(range.Content.Span));
                Assert.Equal(10, range.BlobLength);
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(5_000_000_000)]
    public async Task ReadRange_AtOrBeyondTheEnd_IsEmpty(long position)
    {
        var blob = await CreateAppendBlobAsync("a", "abcde");

        var range = Done(await Backend.ReadRangeAsync(blob, position, 100, None));

        Assert.Equal(0, range.Content.Length);
        Assert.Equal(5, range.BlobLength);
    }

    [Fact]
    public async Task ReadRange_OfAnEmptyBlob_IsEmpty()
    {
        var blob = await CreateAppendBlobAsync();

        var range = Done(await Backend.ReadRangeAsync(blob, 0, 100, None));

        Assert.Equal(0, range.Content.Length);
        Assert.Equal(0, range.BlobLength);
    }

    [Fact]
    public async Task ReadRange_WhenTheBlobIsMissing_AnswersMissing() => Missing(await Backend.ReadRangeAsync("a", 0, 1, None));

    [Fact]
    public async Task ReadRange_WhatItGave_StaysWhenTheBlobGrows()
    {
        var blob = await CreateAppendBlobAsync("a", "abc");
        var early = Done(await Backend.ReadRangeAsync(blob, 0, 100, None));

        Done(await Backend.AppendAsync(blob, 3, Bytes("def"), None));

        Assert.Equal("abc", Encoding.UTF8.GetString(early.Content.Span));
        Assert.Equal(3, early.BlobLength);
    }
}
