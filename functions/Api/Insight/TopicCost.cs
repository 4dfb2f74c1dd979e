using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>What a topic costs a day as things stand, by the prices that are set: an estimate with its formula, not a bill.</summary>
/// <param name="Bytes">Stored, dead copies included.</param>
/// <param name="Hour">What was done in the last hour that is known; null: nothing is known.</param>
internal sealed record TopicCost(long Bytes, ActivityAmounts? Hour, PriceOptions Prices)
{
    private const double BytesPerGib = 1024.0 * 1024 * 1024;
    private const double DaysPerMonth = 30;
    private const double HoursPerDay = 24;
    private const double PriceUnit = 10_000;

    public double StoragePerDay => Bytes / BytesPerGib * Prices.StoragePerGibMonth / DaysPerMonth;

    /// <summary>If every hour were as the last one.</summary>
    public double? OperationsPerDay => Hour is { } hour
        ? HoursPerDay * ((hour.BlobWrites * Prices.BlobWritesPer10000) + (hour.BlobReads * Prices.BlobReadsPer10000) + (hour.TableOperations * Prices.TablePer10000)) / PriceUnit
        : null;

    public static TopicCost Of(TopicInsight insight, PriceOptions prices) => new(insight.Bytes + insight.DeadBytes, insight.Rates?.Hour, prices);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("cost"u8);
        writer.WriteString("currency"u8, Prices.Currency);
        writer.WriteNumber("per_day"u8, Rounded(StoragePerDay + (OperationsPerDay ?? 0)));
        writer.WriteNumber("storage_per_day"u8, Rounded(StoragePerDay));
        if (OperationsPerDay is { } operations)
            writer.WriteNumber("operations_per_day"u8, Rounded(operations));
        else
            writer.WriteNull("operations_per_day"u8);
        writer.WriteString("formula"u8, Formula());
        writer.WriteEndObject();
    }

    private string Formula()
    {
        var storage = string.Create(CultureInfo.InvariantCulture, $"{Bytes} bytes / 2^30 * {Prices.StoragePerGibMonth} / {DaysPerMonth}");
        if (Hour is not { } hour)
            return storage;
        var writes = string.Create(CultureInfo.InvariantCulture, $"{hour.BlobWrites} blob writes * {Prices.BlobWritesPer10000}");
        var reads = string.Create(CultureInfo.InvariantCulture, $"{hour.BlobReads} blob reads * {Prices.BlobReadsPer10000}");
        var rows = string.Create(CultureInfo.InvariantCulture, $"{hour.TableOperations} row operations * {Prices.TablePer10000}");
        return string.Create(CultureInfo.InvariantCulture, $"{storage} + {HoursPerDay} * ({writes} + {reads} + {rows}) / {PriceUnit}");
    }

    /// <summary>Digits that mean something, however small the sum is.</summary>
    private static double Rounded(double sum) => double.Parse(sum.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
