using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Produce;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// The body of <c>POST /consumers/{group}</c>: every name and spelling that the proxies' clients use. Numbers and truth values may stand in quotes. Kafka's settings that mean
/// nothing here are taken and named in <see cref="Ignored"/>; what nobody knows is refused.
/// </summary>
/// <param name="Name">As the client chose it; null: one is to be made up.</param>
internal sealed record NewConsumerForm(string? Name, ConsumerSettings Settings, IReadOnlyList<string> Ignored)
{
    /// <summary>A consumer's settings in Kafka that have no meaning in a service without connections: what they are about does not exist, or is done anyway.</summary>
    private static readonly HashSet<string> Meaningless = new(StringComparer.Ordinal)
    {
        "allow.auto.create.topics", "check.crcs", "connections.max.idle.ms", "default.api.timeout.ms", "exclude.internal.topics", "fetch.max.bytes", "fetch.max.wait.ms",
        "group.protocol", "group.remote.assignor", "heartbeat.interval.ms", "isolation.level", "max.partition.fetch.bytes", "max.poll.interval.ms", "metadata.max.age.ms",
        "receive.buffer.bytes", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "request.timeout.ms", "retry.backoff.max.ms", "retry.backoff.ms", "send.buffer.bytes",
        "consumer.threads", "group.instance.id", "client.rack",
    };

    private const int MaxClientIdLength = 250;

    /// <param name="body">Null: the body is empty, and all is as by default.</param>
    public static (NewConsumerForm? Form, ApiError? Error) Read(JsonElement? body, TimeSpan sessionTimeout)
    {
        var form = new Draft { SessionTimeout = sessionTimeout };
        if (body is { } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (Read(member, form) is { } error)
                    return (null, error);
            }
        }

        var settings = new ConsumerSettings(NameOf(form.Format), form.KeyFormat is { } key ? NameOf(key) : null, form.StartsAtEarliest, form.AutoCommit, form.SessionTimeout)
        {
            AutoCommitInterval = form.AutoCommitInterval,
            MinBytes = form.MinBytes,
            RequestTimeout = form.RequestTimeout,
            MaxRecords = form.MaxRecords,
            Assignor = form.Assignor,
            ClientId = form.ClientId,
        };
        return (new NewConsumerForm(form.Id ?? form.Name, settings, form.Ignored), null);
    }

    private static ApiError? Read(JsonProperty member, Draft form)
    {
        var value = member.Value;
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        switch (member.Name)
        {
            case "name":
                return ReadName(member, out form.Name);
            case "id":
                return ReadName(member, out form.Id);
            case "format":
                return ReadFormat(member, out form.Format);
            case "key.format":
                var error = ReadFormat(member, out var keyFormat);
                form.KeyFormat = keyFormat;
                return error;
            case "auto.offset.reset":
                return ReadReset(member, out form.StartsAtEarliest);
            case "auto.commit.enable" or "enable.auto.commit":
                return JsonText.TryGetTruth(value, out form.AutoCommit) ? null : Invalid(member, "true or false");
            case "auto.commit.interval.ms":
                return ReadTime(member, least: 0, ref form.AutoCommitInterval);
            case "fetch.min.bytes" or "responseMinBytes":
                return ReadNumber(member, least: -1, ref form.MinBytes);
            case "consumer.request.timeout.ms" or "requestWaitMs":
                var wait = TimeSpan.Zero;
                error = ReadTime(member, least: 0, ref wait);
                form.RequestTimeout = wait;
                return error;
            case "max.poll.records":
                return ReadNumber(member, least: 1, ref form.MaxRecords);
            case "session.timeout.ms" or "session.timeout" or "consumer.instance.timeout.ms":
                return ReadTime(member, (int)JoinRequest.MinSessionTimeout.TotalMilliseconds, ref form.SessionTimeout);
            case "partition.assignment.strategy":
                return ReadAssignor(member, out form.Assignor);
            case "client.id":
                return ReadClientId(member, ref form.ClientId);
            case var name when Meaningless.Contains(name):
                form.Ignored.Add(name);
                return null;
            default:
                return FormErrors.UnknownMember("A consumer instance", member.Name);
        }
    }

    private static ApiError? ReadClientId(JsonProperty member, ref string clientId)
    {
        if (!JsonText.TryGet(member.Value, out var text) || text.Length > MaxClientIdLength)
            return Invalid(member, $"a string of at most {MaxClientIdLength} characters");
        clientId = text;
        return null;
    }

    private static string NameOf(EmbeddedFormat format) => format.ToString().ToLowerInvariant();

    private static ApiError? ReadName(JsonProperty member, out string? name)
    {
        if (!JsonText.TryGet(member.Value, out name))
            return FormErrors.Malformed($"{member.Name} must be a string.");
        return MemberId.TryParse(name, out _)
            ? null
            : FormErrors.Unprocessable($"{member.Name} has 1 to {MemberId.MaxCharacters} characters, {GroupNames.Rule}.");
    }

    private static ApiError? ReadFormat(JsonProperty member, out EmbeddedFormat format)
    {
        format = EmbeddedFormat.Binary;
        if (!JsonText.TryGet(member.Value, out var name))
            return FormErrors.Malformed($"{member.Name} must be a string.");
        if (EmbeddedFormats.TryParse(name, out format))
            return null;
        return FormErrors.Unprocessable(name.ToLowerInvariant() is "avro" or "jsonschema" or "protobuf"
            ? $"{member.Name} {name} needs a schema registry, and there is none; it is binary, json or text."
            : $"{member.Name} {name} is not known; it is binary, json or text.");
    }

    private static ApiError? ReadReset(JsonProperty member, out bool isEarliest)
    {
        isEarliest = JsonText.TryGet(member.Value, out var text) && text.Equals("earliest", StringComparison.OrdinalIgnoreCase);
        return isEarliest || (text is not null && text.Equals("latest", StringComparison.OrdinalIgnoreCase)) ? null : Invalid(member, "earliest or latest");
    }

    /// <summary>By its name, or by the name of the class that has it in Kafka; of several the first.</summary>
    private static ApiError? ReadAssignor(JsonProperty member, out string? assignor)
    {
        assignor = null;
        var first = member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() > 0 ? member.Value[0] : member.Value;
        if (JsonText.TryGet(first, out var name))
        {
            name = name.Split(',')[0].Trim();
            assignor = name[(name.LastIndexOf('.') + 1)..] switch
            {
                "RangeAssignor" => AssignorNames.Range,
                "RoundRobinAssignor" => AssignorNames.RoundRobin,
                "StickyAssignor" or "CooperativeStickyAssignor" => AssignorNames.Sticky,
                var other => AssignorNames.Resolve(other),
            };
        }

        return assignor is not null ? null : Invalid(member, string.Join(", ", AssignorNames.All));
    }

    private static ApiError? ReadNumber(JsonProperty member, int least, ref int number)
    {
        if (!JsonText.TryGetInteger(member.Value, out var value))
            return Invalid(member, "a whole number");
        if (value < least)
            return new ApiError(422, 40001, string.Create(CultureInfo.InvariantCulture, $"{member.Name} is at least {least}, not {value}."));
        number = (int)Math.Min(value, int.MaxValue);
        return null;
    }

    private static ApiError? ReadTime(JsonProperty member, int least, ref TimeSpan time)
    {
        var milliseconds = 0;
        if (ReadNumber(member, least, ref milliseconds) is { } error)
            return error;
        var given = TimeSpan.FromMilliseconds(milliseconds);
        time = given < JoinRequest.MaxSessionTimeout ? given : JoinRequest.MaxSessionTimeout;
        return null;
    }

    private static ApiError Invalid(JsonProperty member, string expected) => new(422, 42204, $"Invalid consumer configuration: {member.Name} is {expected}, not {Shown(member.Value)}.");

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 80 ? text : text[..80] + "…";
    }

    private sealed class Draft
    {
        public string? Name;
        public string? Id;
        public EmbeddedFormat Format;
        public EmbeddedFormat? KeyFormat;
        public bool StartsAtEarliest;
        public bool AutoCommit = true;
        public TimeSpan AutoCommitInterval = ConsumerSettings.DefaultAutoCommitInterval;
        public int MinBytes = -1;
        public TimeSpan? RequestTimeout;
        public int MaxRecords = int.MaxValue;
        public TimeSpan SessionTimeout;
        public string? Assignor;
        public string ClientId = "";
        public List<string> Ignored = [];
    }
}
