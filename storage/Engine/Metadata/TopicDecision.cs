using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata;

/// <summary>What to do about a topic as it was just read: answer, or commit a change and then answer.</summary>
internal readonly record struct TopicDecision
{
    public Result<Topic> Answer { get; private init; }

    /// <summary>To be committed before <see cref="Answer"/> is given; null: answer at once.</summary>
    public RowBatch? Change { get; private init; }

    /// <summary>
    /// To be done before <see cref="Change"/> is committed; null: nothing. May throw <see cref="StorageUnavailableException"/> or <see cref="StorageRefusedException"/>.
    /// </summary>
    public Func<ValueTask>? Beforehand { get; init; }

    public static TopicDecision Of(Result<Topic> answer) => new() { Answer = answer };

    public static TopicDecision Commit(RowBatch change, Topic answer) => new() { Change = change, Answer = answer };
}
