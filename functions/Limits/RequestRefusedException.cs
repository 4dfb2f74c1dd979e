using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Limits;

/// <summary>The request cannot be gone on with, and had no effect: thrown where its body is read, answered by <see cref="ErrorAnswers"/>.</summary>
internal sealed class RequestRefusedException(ApiError error) : Exception(error.Message)
{
    public ApiError Error => error;
}
