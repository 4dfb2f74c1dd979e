using System.Diagnostics.CodeAnalysis;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;

namespace ManagedLog.Functions.Api.V2;

/// <summary>How a v2 produce is asked for, beside its body.</summary>
/// <param name="IsAsync">Answered with 204 as soon as the records are queued.</param>
/// <param name="Whole">Set where the body is one record as it stands, whatever <paramref name="Format"/> says.</param>
internal readonly record struct ProduceQuery(EmbeddedFormat Format, Acks Acks, bool IsAsync, WholeBodyForm? Whole)
{
    private static readonly string[] ByType = [MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2];

    /// <summary>Types that do not say what keys and values are: taken where <c>?format=</c> says it.</summary>
    private static readonly string[] ByFormat = [MediaTypes.BinaryV2, MediaTypes.JsonV2, MediaTypes.TextV2, MediaTypes.V2, MediaTypes.Json];

    public static bool TryRead(HttpRequest request, out ProduceQuery query, [NotNullWhen(false)] out ApiError? error)
    {
        query = default;
        var named = request.Query["format"].ToString();
        var format = EmbeddedFormat.Binary;
        BodyType type = default;
        var whole = request.Query.TryGetValue(WholeBodyForm.Parameter, out var key) ? new WholeBodyForm(key.ToString(), request.ContentType) : null;
        error = whole is null ? null : CheckWhole(request, named);
        if (error is not null)
            return false;
        if (whole is null && named.Length > 0 && !EmbeddedFormats.TryParse(named, out format))
            error = FormErrors.BadParameter($"format={named} is not known; it is binary, json or text.");
        else if (whole is null && !TryReadType(request, named.Length > 0 ? ByFormat : ByType, out type, out error))
            return false;
        else if (type.IsLatin1)
            error = FormErrors.UnsupportedCharset("ISO-8859-1");
        else if (!TryReadAcks(request.Query["acks"].ToString(), out var acks))
            error = FormErrors.BadParameter("acks is 0, 1 or all.");
        else if (!TryReadFlag(request.Query["async"].ToString(), out var isAsync))
            error = new ApiError(400, 400, "async is true or false.");
        else
            query = new ProduceQuery(named.Length > 0 ? format : FormatOf(type), isAsync ? Acks.None : acks, isAsync, whole)
            {
                IsSchemaFormat = MediaTypes.SchemaFormatsV2.Contains(type.MediaType),
            };
        return error is null;
    }

    /// <summary>It cannot be carried out; what is in it decides how it is refused.</summary>
    public bool IsSchemaFormat { get; private init; }

    /// <summary>Reads the body into the plan. Null, or why the request is refused as a whole; the plan is then to be thrown away.</summary>
    public ApiError? Read(ReadOnlyMemory<byte> body, AppendPlan plan, int? pathPartition) =>
        Whole is not null ? Whole.Read(body, plan, pathPartition)
        : IsSchemaFormat ? SchemaFormats.Refuse(body)
        : new ProduceForm(Format, plan, pathPartition).Read(body);

    /// <summary>The schema formats are known but not among what an error recommends.</summary>
    private static bool TryReadType(HttpRequest request, string[] types, out BodyType type, [NotNullWhen(false)] out ApiError? error) =>
        BodyType.TryRead(request, MediaTypes.SchemaFormatsV2, out type, out error) || BodyType.TryRead(request, types, out type, out error);

    private static ApiError? CheckWhole(HttpRequest request, string format)
    {
        if (format.Length > 0)
            return FormErrors.BadParameter("key, with which the body is one record as it stands, and format cannot be given together.");
        if (WholeBodyForm.IsReserved(request.ContentType))
            return FormErrors.BadParameter($"With key the body is one record as it stands, and {request.ContentType} says that it holds records; leave out key, or send another type.");
        var encoding = request.Headers.ContentEncoding.ToString();
        return encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase) ? FormErrors.UnsupportedEncoding(encoding) : null;
    }

    private static EmbeddedFormat FormatOf(BodyType type) => type.MediaType switch
    {
        MediaTypes.JsonV2 => EmbeddedFormat.Json,
        MediaTypes.TextV2 => EmbeddedFormat.Text,
        _ => EmbeddedFormat.Binary,
    };

    private static bool TryReadAcks(string text, out Acks acks)
    {
        acks = text switch
        {
            "0" => Acks.None,
            "1" => Acks.Leader,
            _ => Acks.All,
        };
        return text is "" or "0" or "1" or "all" or "-1";
    }

    private static bool TryReadFlag(string text, out bool flag)
    {
        flag = false;
        return text.Length == 0 || bool.TryParse(text, out flag);
    }
}
