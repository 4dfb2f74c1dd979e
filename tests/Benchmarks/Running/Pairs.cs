namespace ManagedLog.Benchmarks.Running;

/// <summary>
/// Ours and the bare client's in turn, so that whatever else the machine does meets both; the first pair warms up and does not count. Ratios are taken within a pair.
/// </summary>
internal sealed class Pairs
{
    private readonly List<(double Ours, double Bare)> _taken = [];

    public double Ours => Median(_taken.Select(static pair => pair.Ours));

    public double Bare => Median(_taken.Select(static pair => pair.Bare));

    public double Ratio => Median(_taken.Select(static pair => pair.Ours / pair.Bare));

    /// <summary>The middle half of the ratios: how far to trust their median.</summary>
    public string Spread
    {
        get
        {
            var ratios = _taken.Select(static pair => pair.Ours / pair.Bare).Order().ToArray();
            return $"{ratios[ratios.Length / 4]:F2}–{ratios[(ratios.Length * 3 / 4) is var at && at < ratios.Length ? at : ratios.Length - 1]:F2}";
        }
    }

    public static async Task<Pairs> RunAsync(int count, Func<Task<double>> ours, Func<Task<double>> bare)
    {
        var pairs = new Pairs();
        for (var i = 0; i <= count; i++)
        {
            var pair = (await ours(), await bare());
            if (i > 0)
                pairs._taken.Add(pair);
        }

        return pairs;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
