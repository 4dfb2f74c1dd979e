namespace ManagedLog.Fuzzing;

/// <summary>A run that did not go as promised, and the command that repeats it.</summary>
internal sealed record FuzzFailure(long Run, string Target, string What, string Input, string Repeat)
{
    public override string ToString() => $"Run {Run}, {Target}: {What}\n  input: {(Input.Length <= 4000 ? Input : Input[..4000] + "…")}\n  repeat: {Repeat}";
}
