using System.CommandLine;
using System.Globalization;
using ManagedLog.Local;
using ManagedLog.Proof.Following;
using ManagedLog.Proof.Groups;
using ManagedLog.Proof.History;
using ManagedLog.Proof.Killing;
using ManagedLog.Proof.Load;
using ManagedLog.Proof.Opening;
using ManagedLog.Proof.Searching;
using ManagedLog.Proof.Streaming;

// Programs that show, on the real service and the real emulator, what the tests show in the small:
//   dotnet run --project tests/Proof -c Release -- stream    a large file through many producers and back
//   dotnet run --project tests/Proof -c Release -- kill      one partition, several instances, and one of them killed again and again
//   dotnet run --project tests/Proof -c Release -- search    one of a million records, found by its key in bounded steps
//   dotnet run --project tests/Proof -c Release -- history   producers and readers of several topics, processes killed and paused, storage stopped; judged afterwards
//   dotnet run --project tests/Proof -c Release -- judge F   a history that was kept, judged again
//   dotnet run --project tests/Proof -c Release -- events    the time from a produce on one instance to the event at a reader on another
//   dotnet run --project tests/Proof -c Release -- resume    a stream of events whose instance is killed again and again, resumed elsewhere
//   dotnet run --project tests/Proof -c Release -- open      what it costs an instance that knows nothing to open a partition, by the number of records in it
//   dotnet run --project tests/Proof -c Release -- load      2,000 clients that behave badly, the memory of the instance, and a well-behaved caller beside them
//   dotnet run --project tests/Proof -c Release -- groups    a consumer group whose members are killed and added, each request to another instance
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var stream = new StreamCommand();
var kill = new KillCommand();
var events = new EventsCommand();
var resume = new ResumeCommand();
var root = new RootCommand("Shows on the real service that nothing acknowledged is lost, doubled or put out of order.")
{
    stream.Command, kill.Command, events.Command, resume.Command, new SearchCommand().Command, new HistoryCommand().Command, new JudgeCommand().Command,
    new OpenCommand().Command, new LoadCommand().Command, new CrowdCommand().Command, new GroupsCommand().Command,
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (LaunchException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
