namespace ManagedLog.Benchmarks.Running;

/// <summary>One line of the table.</summary>
/// <param name="Row">Which benchmark, as its sub-command is named.</param>
/// <param name="What">What was measured.</param>
/// <param name="Value">Ours: the median.</param>
/// <param name="Unit">Of value and bare.</param>
/// <param name="Bare">The bare client's median; null where there is none to compare with.</param>
/// <param name="Ratio">The median of the ratios of the pairs; null where that is not what counts.</param>
/// <param name="Aim">In words.</param>
/// <param name="IsMet">Null: it is reported and has no aim.</param>
/// <param name="Note">Who was how busy, and what else is to be known.</param>
internal sealed record Finding(
    string Row, string What, double Value, string Unit, double? Bare = null, double? Ratio = null, string Aim = "", bool? IsMet = null, string Note = "");
