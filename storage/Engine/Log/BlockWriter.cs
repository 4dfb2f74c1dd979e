using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>Makes blocks of what waits in a partition's queue, each when its time has come, and has them appended. Runs inside the partition's writer loop.</summary>
internal sealed class BlockWriter(PartitionContext context, TopicPartition partition, WorkQueue queue, LogAppender appender, TimeSpan linger)
{
    private readonly BlockPace _pace = new(context.Time, linger);

    /// <summary>One block, when its time has come or it is (nearly) full. What comes while an append is under way fills the next block.</summary>
    public async ValueTask AppendAsync(TopicConfig config, Action published)
    {
        await GatherAsync(config.Linger);
        await appender.TakeTurnAsync(published);
        var block = queue.TakeBlock(context.Options.MaxBlockBytes);
        if (block.Count == 0)
            return;
        _pace.Begin();
        try
        {
            await appender.AppendAsync(block, config, published);
        }
        catch (Exception e)
        {
            foreach (var append in block)
                append.GiveUp(e is PartitionGoneException ? Refusals.Gone(partition, e.Message) : Refusals.Broken(partition, e.Message));
            throw;
        }
        finally
        {
            foreach (var append in block)
                queue.Release(append);
            _pace.End(block.Count, queue.Appends);
        }
    }

    private async ValueTask GatherAsync(TimeSpan linger)
    {
        var full = context.Options.MaxBlockBytes / 8 * 7;
        if (_pace.UntilDue(linger) is var early && early > TimeSpan.Zero)
            await queue.WaitForAppendsAsync(full, int.MaxValue, early, context.Time);
        if (_pace.UntilGathered(linger) is var late && late > TimeSpan.Zero)
        {
            await queue.WaitForAppendsAsync(full, _pace.Expected, late, context.Time);
            _pace.Gathered(queue.Appends);
        }
    }
}
