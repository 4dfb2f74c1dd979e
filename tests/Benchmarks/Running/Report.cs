using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedLog.Benchmarks.Running;

/// <summary>All findings of one run, and on what they were made.</summary>
/// <param name="LoadAtStart">Of the machine, over the minute before: anything but about 0 means that others were at work.</param>
internal sealed record Report(string Machine, int Cores, string LoadAtStart, string LoadAtEnd, Effort Effort, double Seconds, IReadOnlyList<Finding> Findings)
{
    public void Print(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{Machine}, {Cores} cores, load {LoadAtStart} at the start and {LoadAtEnd} at the end; {Effort.Pairs} pairs; {Seconds:F0} s in all");
        output.WriteLine();
        output.WriteLine("| row | what | ours | bare | unit | ratio | aim | met | |");
        output.WriteLine("|---|---|---:|---:|---|---:|---|---|---|");
        foreach (var finding in Findings)
            output.WriteLine(Line(finding));
    }

    public static string Line(Finding f) =>
        $"| {f.Row} | {f.What} | {Number(f.Value)} | {(f.Bare is { } bare ? Number(bare) : "")} | {f.Unit} | {(f.Ratio is { } ratio ? Number(ratio) : "")} | {f.Aim} | "
        + $"{(f.IsMet is { } met ? met ? "yes" : "**no**" : "")} | {f.Note} |";

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 1000 ? "N0" : Math.Abs(value) >= 100 ? "F0" : Math.Abs(value) >= 20 ? "F1" : "F2", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
