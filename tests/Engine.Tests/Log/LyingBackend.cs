using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>A storage account that gives other bytes than it holds, where it is told to.</summary>
internal sealed class LyingBackend(IStorageBackend inner) : InterceptingBackend(inner), IStorageBackend
{
    /// <summary>Changes what a read of a blob answers; given the position that was asked for.</summary>
    public Func<string, long, BlobRange, BlobRange> Lie { get; set; } = (_, _, truth) => truth;

    async ValueTask<Outcome<BlobRange>> IStorageBackend.ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken)
    {
        var truth = await Inner.ReadRangeAsync(blob, position, count, cancellationToken);
        return truth.IsDone ? Outcome.Done(Lie(blob, position, truth.Value)) : truth;
    }

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) => proceed(cancellationToken);

    /// <summary>One bit is wrong at a position of a blob that <paramref name="suffix"/> ends.</summary>
    public static Func<string, long, BlobRange, BlobRange> Flip(string suffix, long at) => (blob, position, truth) =>
    {
        if (!blob.EndsWith(suffix, StringComparison.Ordinal) || at < position || at >= position + truth.Content.Length)
            return truth;
        var content = truth.Content.ToArray();
        content[at - position] ^= 4;
        return truth with { Content = content };
    };

    /// <summary>Blobs that <paramref name="suffix"/> ends are cut off at a position.</summary>
    public static Func<string, long, BlobRange, BlobRange> Cut(string suffix, long at) => (blob, position, truth) =>
        blob.EndsWith(suffix, StringComparison.Ordinal)
            ? new BlobRange(truth.Content[..(int)Math.Clamp(at - position, 0, truth.Content.Length)], Math.Min(at, truth.BlobLength))
            : truth;
}
