using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Status and headers of an answer whose content was read, or of one part of a transaction's answer.</summary>
internal sealed class HeadersOnlyResponse(int status, IEnumerable<HttpHeader> headers, string clientRequestId) : Response
{
    private readonly HttpHeader[] _headers = headers.ToArray();

    public override int Status { get; } = status;

    public override string ReasonPhrase => "";

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers;

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        foreach (var header in _headers)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = header.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }
}
