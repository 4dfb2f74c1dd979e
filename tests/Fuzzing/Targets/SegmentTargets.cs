using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>What stands in blobs around the batches: frames, footers, indexes, producer states, checkpoints.</summary>
internal static class SegmentTargets
{
    private static readonly TimeSpan s_expiry = TimeSpan.FromDays(2);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("frames", random => Walk(Mutator.Mutate(random, Corpus.Logs))),
        new("frame-resealed", random => Walk(Repair.EndsWithCrc(Mutator.Mutate(random, Corpus.Frames)))),
        new("digest", Digest),
        new("footer", random => Footer(Mutator.Mutate(random, Corpus.Footers))),
        new("footer-resealed", random => Footer(Repair.Footer(Mutator.Mutate(random, Corpus.Footers)))),
        new("offset-index", Index),
        new("producer-state", Producers),
        new("checkpoint", random => Checkpoint(Mutator.Mutate(random, Corpus.Checkpoints))),
        new("checkpoint-resealed", random => Checkpoint(Repair.EndsWithCrc(Mutator.Mutate(random, Corpus.Checkpoints)))),
    ];

    private static FuzzCase Case(byte[] input, long mostAllocated, Action execute) => new(Convert.ToHexString(input), mostAllocated, execute);

    /// <summary>From frame to frame: nothing is allocated, and it comes to an end.</summary>
    private static FuzzCase Walk(byte[] input) => Case(input, 0, () =>
    {
        Span<byte> written = stackalloc byte[SegmentHeaderFrame.Size];
        for (var at = 0; at < input.Length;)
        {
            var frame = SegmentFrame.Read(input.AsSpan(at));
            if (frame.Kind is FrameKind.Incomplete or FrameKind.Corrupt)
            {
                Promise.Holds(frame.Kind == FrameKind.Corrupt || frame.Length == 0 || frame.Length > input.Length - at, "what is incomplete needs more than there is");
                return;
            }

            Promise.Holds(frame.Length > 0 && frame.Length <= input.Length - at, "a frame lies within its bytes");
            if (frame.Kind == FrameKind.Header && SegmentHeaderFrame.TryRead(input.AsSpan(at), out var header))
                header.Write(written);
            if (frame.Kind == FrameKind.Seal && SealFrame.TryRead(input.AsSpan(at), out var seal))
                seal.Write(written);
            at += frame.Length;
        }
    });

    /// <summary>Batches without their header, in pieces cut anywhere.</summary>
    private static FuzzCase Digest(Random random)
    {
        var mutated = Mutator.Mutate(random, Corpus.Logs);
        var input = mutated.Length > SegmentHeaderFrame.Size ? mutated[SegmentHeaderFrame.Size..] : mutated;
        var piece = random.Next(1, 5000);
        return Case(input, 2000 + input.Length, () =>
        {
            var digest = new SegmentDigest(0);
            var taken = 0;
            while (taken < input.Length && digest.TryAdd(input.AsSpan(taken, Math.Min(piece, input.Length - taken))))
                taken += Math.Min(piece, input.Length - taken);
            Promise.Holds(taken == input.Length || digest.Defect is not null, "it stops at a defect only");
            Promise.Holds(digest.Bytes <= input.Length, "it has seen no more than there is");
            Promise.Holds(digest.Defect is not null || !digest.IsAtBoundary || digest.Index.CoveredPosition == digest.Bytes, "it indexes what it has seen");
        });
    }

    private static FuzzCase Footer(byte[] input) => Case(input, 5000 + (10L * input.Length), () =>
    {
        SegmentFooter.TryReadTrailer(input, out _);
        if (!SegmentFooter.TryDecode(input, out var footer))
            return;
        Promise.Holds(footer.Encode().AsSpan().SequenceEqual(input), "a footer has one encoding");
        OffsetIndex.Decode(footer.OffsetIndex.Span)?.Covers(footer.Summary.BaseOffset, 0, footer.Summary.Bytes);
        ProducerState.Decode(footer.Producers.Span, s_expiry)?.Expire();
    });

    private static FuzzCase Index(Random random)
    {
        var input = Mutator.Mutate(random, Corpus.Indexes);
        var (offset, time) = (random.NextInt64(), random.NextInt64(long.MinValue, long.MaxValue));
        return Case(input, 2000 + (4L * input.Length), () =>
        {
            if (OffsetIndex.Decode(input) is not { } index)
                return;
            Promise.Holds(index.Encode().AsSpan().SequenceEqual(input), "an index has one encoding");
            Promise.Holds(index.PointCount > 0, "an index has a point");
            index.Floor(offset);
            index.FloorOfTime(time);
            index.SpanOfTime(time);
            index.Add(offset & long.MaxValue, index.CoveredPosition, 100, time);
        });
    }

    private static FuzzCase Producers(Random random)
    {
        var input = Mutator.Mutate(random, Corpus.ProducerStates);
        RecordBatchHeader.TryRead(Corpus.Batches[random.Next(Corpus.Batches.Count)], out var header);
        header = header with { Producer = header.Producer with { Id = random.Next(20) }, BaseSequence = random.Next(-1, 10), MaxTimestamp = random.NextInt64() };
        return Case(input, 5000 + (40L * input.Length), () =>
        {
            if (ProducerState.Decode(input, s_expiry) is not { } state)
                return;
            Promise.Holds(ProducerState.Decode(state.Encode(), s_expiry) is { } again && again.Encode().AsSpan().SequenceEqual(state.Encode()), "a state that was read is written as it is");
            state.Check(header);
            state.Apply(header);
            Promise.Holds(state.Copy().Count == state.Count, "a copy has as many producers");
        });
    }

    private static FuzzCase Checkpoint(byte[] input) => Case(input, 5000 + (20L * input.Length), () =>
    {
        if (Engine.Log.Checkpoint.Decode(input, s_expiry) is not { } checkpoint)
            return;
        Promise.Holds(checkpoint.Position >= SegmentHeaderFrame.Size && checkpoint.NextOffset >= 0, "a checkpoint stands behind a header");
        Promise.Holds(checkpoint.Index.CoveredPosition == checkpoint.Position, "its index covers what it knows");
        checkpoint.Encode();
    });
}
