using System.Diagnostics.CodeAnalysis;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine;

/// <summary>Why a call was not carried out (or, with <see cref="ErrorCode.RequestTimedOut"/>, that nobody can tell). The message names what it concerns and what to do.</summary>
public sealed record Refusal(ErrorCode Code, string Message);

/// <summary>A value or a refusal. Refusals are expected and are no exceptions.</summary>
public readonly record struct Result<T>
{
    private readonly T _value;

    private Result(T value, Refusal? refusal)
    {
        _value = value;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    [MemberNotNullWhen(true, nameof(Refusal))]
    public bool IsRefused => Refusal is not null;

    public T Value => Refusal is null ? _value : throw new InvalidOperationException($"Refused: {Refusal}");

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default!, refusal);
}
