using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Insight;

/// <summary>What was done to topics lately, as far as instances have written it down. Topics that are not in it had nothing done to them.</summary>
/// <param name="AsOf">The end of both windows, in ms since 1970.</param>
/// <param name="Rates">In <see cref="RateHistory.RateWindow"/>.</param>
/// <param name="Hour">In <see cref="RateHistory.CostWindow"/>.</param>
internal sealed record RecentActivity(long AsOf, IReadOnlyDictionary<TopicId, ActivityAmounts> Rates, IReadOnlyDictionary<TopicId, ActivityAmounts> Hour)
{
    public TopicRates Of(TopicId topic) => new(AsOf, RateHistory.RateWindow, Rates.GetValueOrDefault(topic), Hour.GetValueOrDefault(topic));
}

/// <summary>How much was done to a topic lately.</summary>
/// <param name="AsOf">The end of both windows, in ms since 1970.</param>
/// <param name="Amounts">In <paramref name="Window"/>.</param>
/// <param name="Hour">In the hour before.</param>
public sealed record TopicRates(long AsOf, TimeSpan Window, ActivityAmounts Amounts, ActivityAmounts Hour);
