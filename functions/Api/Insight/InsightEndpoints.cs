using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Groups;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>Summaries of topics and partitions, and the segments of one.</summary>
internal sealed class InsightEndpoints(LogEngine engine, GroupLags lags, Hosting.ServiceOptions options)
{
    /// <summary>Partitions of one page: each costs storage operations.</summary>
    private const int MaxPartitions = ClusterInsight.PagePartitions;

    /// <summary>Segments of one page; they cost nothing once the partition has been looked at.</summary>
    private const int MaxSegments = 1_000;

    public async Task TopicsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        if (!ListPage.TryRead(context.Request, ClusterInsight.PageTopics, out var page, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var caller = Caller.Of(context);
        var topics = await engine.Insight.TopicsAsync(page.After, page.Size, topic => caller.MaySee(topic.Name), context.RequestAborted);
        if (topics.IsRefused)
        {
            await call.FailAsync(ErrorMapping.From(topics.Refusal));
            return;
        }

        var next = topics.Value.IsMore ? page.Next("/insight/topics", topics.Value.Topics[^1].Topic.Name) : null;
        await call.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, list) =>
            {
                links.WriteListBegin(writer, "ManagedLogTopicInsightList", "/insight/topics", list.next);
                foreach (var topic in list.Topics)
                    InsightJson.WriteTopic(writer, links, (topic, list.Prices, null));
                V3Links.WriteListEnd(writer);
            },
            (topics.Value.Topics, next, options.Prices));
    }

    public async Task TopicAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        var insight = await engine.Insight.TopicAsync(topic, context.RequestAborted);

        // What cannot be told of the groups is no reason to tell nothing of the topic.
        var groups = await lags.OfTopicAsync(topic.Name, group => Caller.Of(context).May(Permission.Describe, Resource.Group(group.Value)), context.RequestAborted);
        await call.AnswerAsync(StatusCodes.Status200OK, InsightJson.WriteTopic, (insight, options.Prices, groups.IsRefused ? null : groups.Value));
    }

    public async Task PartitionsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        if (!ListPage.TryReadNumbered(context.Request, MaxPartitions, out var page, out var from, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var first = (int)Math.Min(from, topic.Partitions);
        var partitions = await engine.Insight.PartitionsAsync(topic, first, page.Size, context.RequestAborted);
        var path = $"{InsightJson.PathOf(topic)}/partitions";
        var end = first + partitions.Count;
        var next = end < topic.Partitions ? page.Next(path, end.ToString(CultureInfo.InvariantCulture)) : null;
        await call.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, list) =>
            {
                links.WriteListBegin(writer, "ManagedLogPartitionInsightList", list.path, list.next);
                foreach (var partition in list.partitions)
                    InsightJson.WritePartition(writer, links, (list.topic, partition));
                V3Links.WriteListEnd(writer);
            },
            (topic, partitions, path, next));
    }

    public async Task PartitionAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is not { } of)
            return;
        var partitions = await engine.Insight.PartitionsAsync(of.Topic, of.Partition, 1, context.RequestAborted);
        await call.AnswerAsync(StatusCodes.Status200OK, InsightJson.WritePartition, (of.Topic, partitions[0]));
    }

    public async Task SegmentsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is not { } of)
            return;
        if (!ListPage.TryReadNumbered(context.Request, MaxSegments, out var page, out var from, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var segments = await engine.Insight.SegmentsAsync(of.Topic, of.Partition);
        if (segments.IsRefused)
        {
            await call.FailAsync(ErrorMapping.From(segments.Refusal));
            return;
        }

        // By offset, so that a page goes on where the one before ended, whatever retention removed meanwhile.
        var rest = segments.Value.Where(segment => segment.BaseOffset >= from).ToList();
        var shown = rest.Take(page.Size).ToList();
        var path = $"{InsightJson.PathOf(of.Topic, of.Partition)}/segments";
        var next = rest.Count > shown.Count ? page.Next(path, rest[shown.Count].BaseOffset.ToString(CultureInfo.InvariantCulture)) : null;
        await call.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, list) =>
            {
                links.WriteListBegin(writer, "ManagedLogSegmentList", list.path, list.next);
                foreach (var segment in list.shown)
                    InsightJson.WriteSegment(writer, links, (list.of.Topic, list.of.Partition, segment));
                V3Links.WriteListEnd(writer);
            },
            (of, shown, path, next));
    }
}
