using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Simulation.Groups;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Simulation;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public ulong First { get; init; } = 1;

    public ulong Seeds { get; init; } = 1000;

    /// <summary>Stop after so many seeds with violations.</summary>
    public int MostViolated { get; init; } = 10;

    public Breakage Breakage { get; init; } = Breakage.None;

    /// <summary>Consumer groups instead of the log.</summary>
    public bool Groups { get; init; }

    public GroupBreakage GroupBreakage { get; init; } = GroupBreakage.None;

    public bool Trace { get; init; }

    /// <summary>One line a seed, to compare two processes.</summary>
    public bool Digest { get; init; }

    /// <summary>To be read line by line, so in the order of the seeds.</summary>
    public bool IsForEyes => Trace || Digest;

    public ulong ProgressEvery => Math.Max(1, Seeds / 20);

    public static bool TryParse(string[] args, [NotNullWhen(true)] out Options? options)
    {
        options = new Options();
        for (var i = 0; i < args.Length && options is not null; i++)
        {
            options = args[i] switch
            {
                "--groups" => options with { Groups = true },
                "--trace" => options with { Trace = true },
                "--digest" => options with { Digest = true },
                "--first" when Number(args, ++i) is { } first => options with { First = first },
                "--seeds" when Number(args, ++i) is { } seeds => options with { Seeds = seeds },
                "--violations" when Number(args, ++i) is { } most => options with { MostViolated = (int)most },
                "--break" when options.Groups && ++i < args.Length && GroupBreakage.Find(args[i]) is { } breakage => options with { GroupBreakage = breakage, MostViolated = 1 },
                "--break" when !options.Groups && ++i < args.Length && Breakage.Find(args[i]) is { } breakage => options with { Breakage = breakage, MostViolated = 1 },
                _ => null,
            };
        }

        return options is not null;
    }

    public static int Explain()
    {
        Console.Error.WriteLine($"""
            Runs the log engine under simulated faults, one run a seed. Exit code 0: no violation (with --break: the expected one was found).
              --seeds N        how many seeds (1000)
              --first N        the first of them (1)
              --violations N   stop after so many seeds with violations (10)
              --break RULE     leave one rule of the protocol out: {string.Join(", ", Breakage.All.Select(b => b.Name))}
              --groups         run consumer groups; given first, --break takes: {string.Join(", ", GroupBreakage.All.Select(b => b.Name))}
              --trace          print all that happens
              --digest         print one line a seed that is the same whenever the run is
            """);
        return 2;
    }

    private static ulong? Number(string[] args, int index) =>
        index < args.Length && ulong.TryParse(args[index], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
