using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// One sealed segment of the chain. It counts from <paramref name="BaseOffset"/> up to <paramref name="EndOffset"/> (exclusive), whatever else its blob may hold.
/// </summary>
/// <param name="Bytes">Where its batches end in the blob: in a <c>.log</c> blob the position of the seal, in a <c>.segment</c> object that of the footer.</param>
/// <param name="MaxTimestamp">The largest record timestamp in it, ms since 1970.</param>
/// <param name="Blob">The object that holds it.</param>
public sealed record ChainSegmentRow(SegmentId Segment, long BaseOffset, long EndOffset, long Bytes, long MaxTimestamp, int LeaderEpoch, string Blob)
{
    /// <summary>The producer state at its base; null: there were no producers.</summary>
    public string? ProducersBlob { get; init; }

    /// <summary>How long the footer is that follows the batches; 0: the segment stands in the <c>.log</c> blob that it was appended to.</summary>
    public int FooterBytes { get; init; }

    /// <summary>
    /// The segment stands in a <c>.segment</c> object. Compaction may have been over it: between its offsets there may be gaps, where it begins and where it ends too, or no
    /// record may be left at all.
    /// </summary>
    public bool IsRewritten => FooterBytes > 0;

    /// <summary>
    /// What held it before <see cref="Blob"/> took its place and is to be deleted once readers have gone over, names with line feeds between; null: nothing. See <see
    /// cref="DeadBlobs"/>.
    /// </summary>
    public string? DeadBlob { get; init; }

    public IReadOnlyList<string> DeadBlobs => DeadBlob?.Split('\n') ?? [];

    /// <summary>What <see cref="DeadBlobs"/> take in storage, producer states not counted; 0: nothing, or it is not known.</summary>
    public long DeadBytes { get; init; }

    /// <summary>What <see cref="Blob"/> takes in storage: batches and footer, or header, batches and seal.</summary>
    public long BlobBytes => IsRewritten ? Bytes + FooterBytes : Bytes + SealFrame.Size;

    /// <summary>
    /// Where the segment ended whose id the row has, if compaction has merged others into it that followed; 0: at its end.
    /// </summary>
    public long OwnEndOffset { get; init; }

    /// <summary>When the segment was proposed, ms since 1970: before all that was appended to it. 0: it is not known.</summary>
    public long CreatedAt { get; init; }

    /// <summary>The earliest delete horizon of its batches: from then on there are tombstones in it that may go. Ms since 1970; 0: there is none.</summary>
    public long DeleteHorizon { get; init; }

    public const int FormatVersion = 1;

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["Segment"] = Segment.ToString(),
        ["BaseOffset"] = BaseOffset,
        ["EndOffset"] = EndOffset,
        ["Bytes"] = Bytes,
        ["MaxTimestamp"] = MaxTimestamp,
        ["LeaderEpoch"] = LeaderEpoch,
        ["Blob"] = Blob,
        ["FooterBytes"] = FooterBytes,
        ["Producers"] = ProducersBlob ?? "",
        ["DeadBlob"] = DeadBlob ?? "",
        ["DeadBytes"] = DeadBytes,
        ["OwnEndOffset"] = OwnEndOffset,
        ["CreatedAt"] = CreatedAt,
        ["DeleteHorizon"] = DeleteHorizon,
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static ChainSegmentRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new ChainSegmentRow(
            RowFormat.Segment(row, "Segment"),
            RowFormat.Int64(row, "BaseOffset", least: 0),
            RowFormat.Int64(row, "EndOffset", least: 0),
            RowFormat.Int64(row, "Bytes", least: 0),
            RowFormat.Int64(row, "MaxTimestamp"),
            RowFormat.Int32(row, "LeaderEpoch"),
            RowFormat.Text(row, "Blob"))
        {
            FooterBytes = RowFormat.Int32(row, "FooterBytes", least: 0),
            ProducersBlob = RowFormat.OptionalText(row, "Producers"),
            DeadBlob = RowFormat.OptionalText(row, "DeadBlob"),
            DeadBytes = RowFormat.AddedInt64(row, "DeadBytes"),
            OwnEndOffset = RowFormat.AddedInt64(row, "OwnEndOffset"),
            CreatedAt = RowFormat.AddedInt64(row, "CreatedAt"),
            DeleteHorizon = RowFormat.AddedInt64(row, "DeleteHorizon"),
        };
    }
}
