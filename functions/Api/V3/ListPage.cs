using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Which page of a list is asked for: <c>page_size</c>, and <c>page_token</c> as the page before named it in its <c>metadata.next</c>.</summary>
/// <param name="Size">At most the list's bound, which is also the default.</param>
/// <param name="After">What the token stands for; null: the first page.</param>
internal sealed record ListPage(int Size, string? After)
{
    /// <summary>Of a list that is given whole where no page is asked for.</summary>
    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out ListPage? page, [NotNullWhen(false)] out ApiError? error) =>
        TryRead(request, int.MaxValue, out page, out error);

    public static bool TryRead(HttpRequest request, int bound, [NotNullWhen(true)] out ListPage? page, [NotNullWhen(false)] out ApiError? error)
    {
        page = null;
        error = null;
        var size = request.Query["page_size"].ToString();
        var token = request.Query["page_token"].ToString();
        var count = bound;
        if (size.Length > 0 && (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count < 1))
            error = FormErrors.BadParameter(bound == int.MaxValue ? "page_size is a number from 1 on." : $"page_size is a number from 1 on; more than {bound} is taken as that.");
        else if (!TryDecode(token, out var after))
            error = FormErrors.BadParameter("page_token is none that was given; begin without one.");
        else
            page = new ListPage(Math.Min(count, bound), after);
        return error is null;
    }

    /// <summary>As <see cref="TryRead"/>, for lists whose token is a number from 0 on.</summary>
    public static bool TryReadNumbered(HttpRequest request, int bound, [NotNullWhen(true)] out ListPage? page, out long from, [NotNullWhen(false)] out ApiError? error)
    {
        from = 0;
        if (!TryRead(request, bound, out page, out error))
            return false;
        if (page.After is null || (long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out from) && from >= 0))
            return true;
        error = FormErrors.BadParameter("page_token is none that was given; begin without one.");
        return false;
    }

    /// <summary>The page of topics that are in the order of their names, and the path of the next one; null: this is the last.</summary>
    public (IReadOnlyList<Topic> Topics, string? Next) Of(IReadOnlyList<Topic> topics, string path)
    {
        var rest = After is null ? topics : [.. topics.SkipWhile(topic => string.CompareOrdinal(topic.Name, After) <= 0)];
        return rest.Count <= Size ? (rest, null) : ([.. rest.Take(Size)], Next(path, rest[Size - 1].Name));
    }

    /// <summary>The path of the page behind this one.</summary>
    public string Next(string path, string after) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}?page_size={Size}&page_token={Base64UrlTextEncoder.Encode(Encoding.UTF8.GetBytes(after))}");

    private static bool TryDecode(string token, out string? after)
    {
        after = null;
        if (token.Length == 0)
            return true;
        try
        {
            after = Encoding.UTF8.GetString(Base64UrlTextEncoder.Decode(token));
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
