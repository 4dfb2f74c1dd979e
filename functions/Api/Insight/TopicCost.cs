using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>What a topic costs a day as things stand, by the prices that are set: an estimate with its formula, not a bill.</summary>
/// <param name="Bytes">Stored, dead copies included.</param>
internal sealed record TopicCost(long Bytes, PriceOptions Prices)
{
    private const double BytesPerGib = 1024.0 * 1024 * 1024;
    private const double DaysPerMonth = 30;

    public double StoragePerDay => Bytes / BytesPerGib * Prices.StoragePerGibMonth / DaysPerMonth;

    public static TopicCost Of(TopicInsight insight, PriceOptions prices) => new(insight.Bytes + insight.DeadBytes, prices);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("cost"u8);
        writer.WriteString("currency"u8, Prices.Currency);
        writer.WriteNumber("per_day"u8, Rounded(StoragePerDay));
        writer.WriteNumber("storage_per_day"u8, Rounded(StoragePerDay));
        writer.WriteString("formula"u8, string.Create(CultureInfo.InvariantCulture, $"{Bytes} bytes / 2^30 * {Prices.StoragePerGibMonth} / {DaysPerMonth}"));
        writer.WriteEndObject();
    }

    /// <summary>Digits that mean something, however small the sum is.</summary>
    private static double Rounded(double sum) => double.Parse(sum.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
