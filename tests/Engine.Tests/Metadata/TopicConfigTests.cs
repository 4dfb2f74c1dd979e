using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Metadata;

public sealed class TopicConfigTests
{
    [Fact]
    public void Config_WhenNothingIsSet_HasTheDocumentedDefaults()
    {
        var config = TopicConfig.Default;

        Assert.Equal(1_048_576, config.MaxMessageBytes);
        Assert.Equal(1_073_741_824, config.SegmentBytes);
        Assert.Equal(TimeSpan.FromDays(7), config.SegmentAge);
        Assert.Equal(TimeSpan.FromMilliseconds(5), config.Linger);
        Assert.Equal(1, config.MinInSyncReplicas);
        Assert.Equal(TimestampType.CreateTime, config.TimestampType);
        Assert.Empty(config.Overrides);
        Assert.All(config.Entries, entry => Assert.True(entry.IsDefault));
        Assert.Equal("604800000", config.Entries.Single(entry => entry.Name == "retention.ms").Value);
    }

    [Fact]
    public void Definitions_WhateverTheConfig_AllowTheirOwnDefaultAndComeByName()
    {
        Assert.All(TopicConfigDefinitions.All, definition =>
        {
            Assert.True(definition.TryNormalize(definition.Default, out var value), definition.Name);
            Assert.Equal(definition.Default, value);
            Assert.EndsWith(".", definition.Documentation, StringComparison.Ordinal);
        });
        Assert.Equal(TopicConfigDefinitions.All.Select(d => d.Name).Order(StringComparer.Ordinal), TopicConfigDefinitions.All.Select(d => d.Name));
    }

    [Fact]
    public void Config_WhenSet_AnswersWhatWasSet()
    {
        var config = Create(
            ("max.message.bytes", "2000000"), ("segment.bytes", "16384"), ("segment.ms", "1000"), ("linger.ms", "0"), ("message.timestamp.type", "LogAppendTime"));

        Assert.Equal(2_000_000, config.MaxMessageBytes);
        Assert.Equal(16_384, config.SegmentBytes);
        Assert.Equal(TimeSpan.FromSeconds(1), config.SegmentAge);
        Assert.Equal(TimeSpan.Zero, config.Linger);
        Assert.Equal(TimestampType.LogAppendTime, config.TimestampType);
        var linger = config.Entries.Single(entry => entry.Name == "linger.ms");
        Assert.Equal(("0", false, "5"), (linger.Value, linger.IsDefault, linger.DefaultValue));
    }

    [Fact]
    public void Config_WhenSetToItsDefault_IsSetAllTheSame()
    {
        var config = Create(("linger.ms", "5"));

        Assert.False(config.Entries.Single(entry => entry.Name == "linger.ms").IsDefault);
        Assert.NotEqual(TopicConfig.Default, config);
    }

    [Fact]
    public void Config_WhenSetToNull_IsLeftAtItsDefault() => Assert.Equal(TopicConfig.Default, Create(("linger.ms", null)));

    [Theory]
    [InlineData("cleanup.policy", " delete , compact ", "compact,delete")]
    [InlineData("cleanup.policy", "compact", "compact")]
    [InlineData("retention.ms", " 007 ", "7")]
    [InlineData("retention.ms", "-1", "-1")]
    [InlineData("min.cleanable.dirty.ratio", ".50", "0.5")]
    public void Value_WhenWrittenDifferently_IsKeptInOneForm(string name, string text, string kept) => Assert.Equal(kept, Create((name, text)).Overrides[name]);

    [Theory]
    [InlineData("max.message.bytes", "33554433", "33554432")]
    [InlineData("max.message.bytes", "127", "128")]
    [InlineData("max.message.bytes", "1e6", "whole number")]
    [InlineData("max.message.bytes", "99999999999999999999", "whole number")]
    [InlineData("segment.bytes", "16383", "16384")]
    [InlineData("segment.ms", "0", "from 1")]
    [InlineData("linger.ms", "-1", "from 0 to 10000")]
    [InlineData("linger.ms", "", "from 0 to 10000")]
    [InlineData("retention.ms", "-2", "from -1")]
    [InlineData("cleanup.policy", "archive", "delete, compact, or compact,delete")]
    [InlineData("cleanup.policy", "delete,", "delete, compact, or compact,delete")]
    [InlineData("cleanup.policy", "", "delete, compact, or compact,delete")]
    [InlineData("compression.type", "none", "producer, uncompressed, gzip, snappy, lz4 or zstd")]
    [InlineData("compression.type", "GZIP", "producer, uncompressed")]
    [InlineData("message.timestamp.type", "logappendtime", "CreateTime or LogAppendTime")]
    [InlineData("min.cleanable.dirty.ratio", "1.1", "from 0 to 1")]
    [InlineData("min.cleanable.dirty.ratio", "NaN", "from 0 to 1")]
    [InlineData("min.insync.replicas", "0", "from 1")]
    public void Value_WhenNotAllowed_IsRefusedNamingConfigAndLimit(string name, string text, string limit)
    {
        var result = TopicConfig.Create(new Dictionary<string, string?> { ["retention.bytes"] = "1", [name] = text });

        Assert.Equal(ErrorCode.InvalidConfig, result.Refusal?.Code);
        Assert.Contains(name, result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Contains(limit, result.Refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TopicConfig(new Dictionary<string, string> { [name] = text }));
    }

    [Theory]
    [InlineData("no.such.config")]
    [InlineData("Retention.ms")]
    [InlineData("")]
    public void Config_WhenUnknown_IsRefusedNamingTheKnownOnes(string name)
    {
        var result = TopicConfig.Create(new Dictionary<string, string?> { [name] = "1" });

        Assert.Equal(ErrorCode.InvalidConfig, result.Refusal?.Code);
        Assert.Contains($"'{name}'", result.Refusal!.Message, StringComparison.Ordinal);
        Assert.Contains("retention.ms", result.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SegmentAge_WhenSetToNever_CanStillBeAddedToADate()
    {
        var config = Create(("segment.ms", "9223372036854775807"));

        Assert.Equal(2126, new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero).Add(config.SegmentAge).Year);
        Assert.Equal("9223372036854775807", config.Overrides["segment.ms"]);
    }

    [Fact]
    public void Configs_WhenTheSameIsSet_AreEqual()
    {
        Assert.Equal(Create(("linger.ms", "1"), ("retention.ms", "2")), Create(("retention.ms", "2"), ("linger.ms", "01")));
        Assert.NotEqual(Create(("linger.ms", "1")), Create(("linger.ms", "2")));
    }

    private static TopicConfig Create(params (string Name, string? Value)[] settings) =>
        MetadataFixture.Accepted(TopicConfig.Create(settings.ToDictionary(setting => setting.Name, setting => setting.Value)));
}
