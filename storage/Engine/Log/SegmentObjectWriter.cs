using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Makes one block blob out of pieces, under a name and with block ids that only this attempt uses, and reads it back. Holds none of the content itself.
/// </summary>
internal sealed class SegmentObjectWriter(PartitionContext context, string blob, Guid attempt)
{
    /// <summary>The largest piece, and the largest range that is read back at once.</summary>
    public const int BlockBytes = 4 * 1024 * 1024;

    private const int MaxTries = 8;

    private readonly List<string> _blockIds = [];
    private uint _crc = uint.MaxValue;
    private long _length;

    public string Blob { get; } = blob;

    /// <summary>Stages the next piece, as one block or several. Staging the same block twice leaves it as it is, so an unknown outcome is tried again.</summary>
    public async ValueTask StageAsync(ReadOnlyMemory<byte> content)
    {
        _crc = Crc32C.Append(_crc, content.Span);
        _length += content.Length;
        for (; !content.IsEmpty; content = content[Math.Min(BlockBytes, content.Length)..])
        {
            var block = content[..Math.Min(BlockBytes, content.Length)];
            var id = string.Create(CultureInfo.InvariantCulture, $"{attempt:N}-{_blockIds.Count:D6}");
            for (var tries = 1; ; tries++)
            {
                var outcome = await context.Backend.StageBlockAsync(Blob, id, block, CancellationToken.None);
                if (outcome.IsDone)
                    break;
                await PauseAsync(tries, $"Staging a block of {Blob}: {outcome}");
            }

            _blockIds.Add(id);
        }
    }

    /// <summary>Makes the blob. Its name is ours alone, so what exists there came from our own lost reply; <see cref="FindDefectAsync"/> looks at it in any case.</summary>
    public async ValueTask CommitAsync()
    {
        for (var tries = 1; ; tries++)
        {
            var outcome = await context.Backend.CommitBlocksAsync(Blob, _blockIds, CancellationToken.None);
            if (outcome.IsDone || outcome.Failed(ConditionFailure.Exists))
                return;
            if (outcome.Status == OutcomeStatus.Unknown && (await context.Backend.GetBlobAsync(Blob, CancellationToken.None)).IsDone)
                return;
            await PauseAsync(tries, $"Committing {Blob}: {outcome}");
        }
    }

    /// <summary>Reads all of it and compares length and CRC with what was staged. Null: it is the same.</summary>
    public async ValueTask<string?> FindDefectAsync(CancellationToken cancellationToken)
    {
        var crc = uint.MaxValue;
        for (var position = 0L; position < _length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outcome = await context.Backend.ReadRangeAsync(Blob, position, (int)Math.Min(BlockBytes, _length - position), CancellationToken.None);
            if (outcome.Status == OutcomeStatus.Missing)
                return $"{Blob} does not exist although it was committed";
            if (!outcome.IsDone)
                throw new StorageUnavailableException($"Reading back {Blob}: {outcome}");
            if (outcome.Value.BlobLength != _length)
                return $"{Blob} has {outcome.Value.BlobLength} bytes, not {_length}";
            if (outcome.Value.Content.IsEmpty)
                return $"{Blob} gives nothing at position {position}";
            crc = Crc32C.Append(crc, outcome.Value.Content.Span);
            position += outcome.Value.Content.Length;
        }

        return crc == _crc ? null : $"{Blob} reads back with CRC {~crc:X8}, not {~_crc:X8}";
    }

    private async ValueTask PauseAsync(int tries, string what)
    {
        if (tries == MaxTries)
            throw new StorageUnavailableException(what);
        await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(tries, 6))), context.Time);
    }
}
