using System.Diagnostics;
using ManagedLog.Local.Emulator;
using ManagedLog.Testing;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Local.Tests;

/// <summary>One emulator at a time on a data folder, also when the one before has lost its parent and is still saving.</summary>
public sealed class AzuriteFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Take_WhenAnotherHasIt_IsRefusedUntilThatOneLetsGo()
    {
        using (await TakeAsync())
            await Assert.ThrowsAsync<LaunchException>(TakeAsync);

        using var next = await TakeAsync();
        Assert.Equal(_folder.Path, next.Path);
    }

    [Fact]
    public async Task Take_WhenAnEmulatorWasLeftBehind_WaitsUntilItHasEnded()
    {
        // A process that runs until it is told to end stands for an emulator that is saving.
        await using var left = ObservedProcess.Start("cat", [], new Dictionary<string, string?>());
        await LeaveNoteAsync(left.Id, StartOf(left));

        var taking = TakeAsync();
        Assert.False(taking.IsCompleted);
        ProcessSignals.SendTerminate(left.Id);

        using var taken = await taking;
    }

    [Fact]
    public async Task Take_WhenTheWaitIsCancelled_LetsTheFolderGo()
    {
        await using var left = ObservedProcess.Start("cat", [], new Dictionary<string, string?>());
        await LeaveNoteAsync(left.Id, StartOf(left));
        using var cancellation = new CancellationTokenSource();

        var taking = AzuriteFolder.TakeAsync(_folder.Path, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        ProcessSignals.SendTerminate(left.Id);
        using var taken = await TakeAsync();
    }

    [Fact]
    public async Task Take_WhenTheIdNowBelongsToAnotherProcess_DoesNotWait()
    {
        await using var unrelated = ObservedProcess.Start("cat", [], new Dictionary<string, string?>());
        await LeaveNoteAsync(unrelated.Id, StartOf(unrelated).AddMinutes(-1));

        using var taken = await TakeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("12")]
    [InlineData("-1 5")]
    [InlineData("999999999999 5")]
    public async Task Take_WhenTheNoteCannotBeRead_DoesNotWait(string note)
    {
        await File.WriteAllTextAsync(_folder["emulator.pid"], note);

        using var taken = await TakeAsync();
    }

    private static DateTime StartOf(ObservedProcess process)
    {
        using var same = Process.GetProcessById(process.Id);
        return same.StartTime.ToUniversalTime();
    }

    private Task<AzuriteFolder> TakeAsync() => AzuriteFolder.TakeAsync(_folder.Path, CancellationToken.None);

    private async Task LeaveNoteAsync(int processId, DateTime startedUtc)
    {
        using var folder = await TakeAsync();
        folder.Note(processId, startedUtc);
    }
}
