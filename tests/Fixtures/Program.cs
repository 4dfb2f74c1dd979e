using System.Globalization;
using ManagedLog.Fixtures;

// Writes a fixture: real data of this build's format, which every later build must read.
//   dotnet run --project tests/Fixtures -c Release -- tests/Fixtures/Format2
// A folder that is there already is left as it is: what was frozen stays frozen.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [var folder])
{
    Console.Error.WriteLine("Usage: dotnet run --project tests/Fixtures -c Release -- FOLDER (a new one, for instance tests/Fixtures/Format2)");
    return 2;
}

try
{
    var fixture = FixtureWriter.Write();
    FixtureFolder.Write(folder, fixture);
    Console.WriteLine($"{folder}: {fixture.Image.Rows.Count} rows, {fixture.Image.Blobs.Count} blobs, {fixture.Image.Blobs.Sum(blob => blob.Length)} bytes of blobs.");
    return 0;
}
catch (IOException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
