using System.Globalization;
using System.Text;
using Azure;
using Azure.Core;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>
/// Reads the answer to a transaction. It is 202 outside whatever came of it: the parts tell. Either there is one part for each action, all of
/// them good, or a single one with the error.
/// </summary>
internal static class TransactionResponse
{
    private const string StatusLine = "HTTP/1.1 ";

    /// <exception cref="TableTransactionFailedException">A part is an error.</exception>
    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static IReadOnlyList<Response> Parse(ReadOnlyMemory<byte> body, int actions)
    {
        var text = Encoding.UTF8.GetString(body.Span);
        var responses = new List<Response>(actions);
        foreach (var part in Parts(text))
            responses.Add(ParsePart(part));
        return responses.Count == actions ? responses : throw new InvalidDataException($"The answer to a transaction of {actions} has {responses.Count} good parts.");
    }

    /// <summary>What stands between the boundaries of the change set, without its own part headers.</summary>
    private static IEnumerable<string> Parts(string text)
    {
        const string Boundary = "boundary=";
        var start = text.IndexOf(Boundary, StringComparison.Ordinal);
        if (start < 0)
            throw new InvalidDataException("The answer to a transaction has no change set.");
        var end = text.IndexOf('\n', start);
        var delimiter = "--" + (end < 0 ? "" : text[(start + Boundary.Length)..end].Trim().Trim('"'));
        if (delimiter.Length == 2)
            throw new InvalidDataException("The answer to a transaction names no boundary.");

        var at = text.IndexOf(delimiter, end, StringComparison.Ordinal);
        while (at >= 0)
        {
            at += delimiter.Length;
            if (text.AsSpan(at).StartsWith("--"))
                yield break;
            var next = text.IndexOf(delimiter, at, StringComparison.Ordinal);
            if (next < 0)
                break;
            var status = text.IndexOf(StatusLine, at, next - at, StringComparison.Ordinal);
            if (status < 0)
                throw new InvalidDataException("A part of the answer to a transaction has no status.");
            yield return text[status..next];
            at = next;
        }

        throw new InvalidDataException("The answer to a transaction breaks off.");
    }

    private static HeadersOnlyResponse ParsePart(string part)
    {
        var headerEnd = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = (headerEnd < 0 ? part : part[..headerEnd]).Split("\r\n");
        if (lines[0].Length < StatusLine.Length + 3
            || !int.TryParse(lines[0].AsSpan(StatusLine.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new InvalidDataException("A part of the answer to a transaction has no status.");
        if (status is < 200 or >= 300)
        {
            var error = TableError.Parse(headerEnd < 0 ? default : Encoding.UTF8.GetBytes(part[headerEnd..].Trim()));
            throw new TableTransactionFailedException(status, error.Message ?? lines[0], error.Code, error.ActionIndex);
        }

        var headers = new List<HttpHeader>();
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                headers.Add(new HttpHeader(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new HeadersOnlyResponse(status, headers, "");
    }
}
