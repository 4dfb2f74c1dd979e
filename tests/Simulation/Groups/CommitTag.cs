using System.Globalization;

namespace ManagedLog.Simulation.Groups;

/// <summary>What a commit of the simulation carries as its metadata, so that whoever sees it stored knows which it was.</summary>
internal readonly record struct CommitTag(string Member, long Epoch, long Sequence, int Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Member}/{Epoch}/{Sequence}/{Number}");

    public static CommitTag? Parse(string metadata)
    {
        var parts = metadata.Split('/');
        return parts.Length == 4
            ? new CommitTag(parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture), int.Parse(parts[3], CultureInfo.InvariantCulture))
            : null;
    }
}
