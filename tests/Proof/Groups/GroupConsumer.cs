namespace ManagedLog.Proof.Groups;

/// <summary>One program that reads by a consumer instance: polls, processes, commits what it has processed, and polls again.</summary>
internal sealed class GroupConsumer(string name, GroupClient client, GroupTally tally, string group, string topic, TimeSpan session) : IDisposable
{
    private readonly CancellationTokenSource _killed = new();
    private volatile bool _isEnding;
    private volatile bool _isToDieBeforeCommit;

    public string Name => name;

    public Task Running { get; private set; } = Task.CompletedTask;

    public int Refused { get; private set; }

    public void Start() => Running = RunAsync();

    /// <summary>Ends it as a crash would: whatever it is doing is not finished, and nobody is told.</summary>
    /// <param name="beforeCommit">Between processing some records and committing them, if it gets any within a second; else wherever it is.</param>
    public async Task KillAsync(bool beforeCommit)
    {
        tally.Excuse(name);
        if (beforeCommit)
        {
            _isToDieBeforeCommit = true;
            await Task.WhenAny(Running, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        await _killed.CancelAsync();
        await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Lets it finish what it does, and delete its instance.</summary>
    public async Task EndAsync()
    {
        _isEnding = true;
        await Running;
    }

    public void Dispose() => _killed.Dispose();

    private async Task RunAsync()
    {
        var dead = _killed.Token;
        try
        {
            await client.CreateAsync(group, name, topic, session, dead);
            while (!_isEnding)
            {
                var committed = tally.Committed();
                var records = await client.PollAsync(group, name, dead);
                if (records is null)
                {
                    // It was slower than its session allows, as a busy machine may make it.
                    tally.Excuse(name);
                    Refused++;
                    await client.CreateAsync(group, name, topic, session, dead);
                    continue;
                }

                if (records.Count == 0)
                    continue;
                tally.Process(name, records, committed);
                if (_isToDieBeforeCommit)
                    return;
                dead.ThrowIfCancellationRequested();
                var processed = records.GroupBy(static record => record.Partition).ToDictionary(static one => one.Key, static one => one.Max(static record => record.Offset));
                if (await client.CommitAsync(group, name, topic, processed, dead))
                {
                    tally.Commit(processed);
                }
                else
                {
                    tally.Excuse(name);
                    Refused++;
                }
            }

            await client.DeleteAsync(group, name, dead);
        }
        catch (OperationCanceledException) when (dead.IsCancellationRequested)
        {
            // Killed.
        }
    }
}
