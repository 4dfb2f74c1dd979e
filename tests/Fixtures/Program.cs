using System.Globalization;
using ManagedLog.Fixtures;

// Writes a fixture: real data of this build's format, which every later build must read.
//   dotnet run --project tests/Fixtures -c Release -- tests/Fixtures/Format2
//   dotnet run --project tests/Fixtures -c Release -- tests/Fixtures/Format2Compacted compacted
// A folder that is there already is left as it is: what was frozen stays frozen.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not ([_] or [_, "compacted"]))
{
    Console.Error.WriteLine("Usage: dotnet run --project tests/Fixtures -c Release -- FOLDER [compacted] (a new folder, for instance tests/Fixtures/Format2)");
    return 2;
}

try
{
    var folder = args[0];
    var fixture = args.Length == 1 ? FixtureWriter.Write() : FixtureWriter.WriteCompacted();
    FixtureFolder.Write(folder, fixture);
    Console.WriteLine($"{folder}: {fixture.Image.Rows.Count} rows, {fixture.Image.Blobs.Count} blobs, {fixture.Image.Blobs.Sum(blob => blob.Length)} bytes of blobs.");
    return 0;
}
catch (IOException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
