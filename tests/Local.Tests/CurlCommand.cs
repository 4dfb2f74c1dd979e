using System.Net.Http.Headers;
using System.Text;

namespace ManagedLog.Local.Tests;

/// <summary>Does what a curl command in a text would do, for the options that our texts use: -s, -X, -H, -d, with single quotes.</summary>
internal static class CurlCommand
{
    /// <summary>All lines of a text that are curl commands.</summary>
    public static IReadOnlyList<string> FindAll(IEnumerable<string> lines) =>
        [.. lines.Where(static line => line.StartsWith("curl ", StringComparison.Ordinal))];

    public static HttpRequestMessage Parse(string command)
    {
        var request = new HttpRequestMessage();
        string? contentType = null;
        for (var words = new Queue<string>(Words(command).Skip(1)); words.TryDequeue(out var word);)
        {
            switch (word)
            {
                case "-s":
                    break;
                case "-X":
                    request.Method = new HttpMethod(words.Dequeue());
                    break;
                case "-d":
                    request.Content = new StringContent(words.Dequeue());
                    break;
                case "-H" when words.Dequeue().Split(": ") is [var name, var value]:
                    if (name == "Content-Type")
                        contentType = value;
                    else
                        request.Headers.Add(name, value);
                    break;
                default:
                    request.RequestUri = new Uri(word);
                    break;
            }
        }

        if (request.Content is not null && contentType is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return request;
    }

    private static IEnumerable<string> Words(string command)
    {
        var word = new StringBuilder();
        var quoted = false;
        foreach (var character in command)
        {
            if (character == '\'')
            {
                quoted = !quoted;
            }
            else if (character == ' ' && !quoted)
            {
                yield return word.ToString();
                word.Clear();
            }
            else
            {
                word.Append(character);
            }
        }

        Assert.False(quoted, $"A quote is not closed in: {command}");
        yield return word.ToString();
    }
}
