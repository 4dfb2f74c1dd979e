using System.Diagnostics.Metrics;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Api;
using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Groups;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Insight;
using ManagedLog.Functions.Api.Metrics;
using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Api.Raw;
using ManagedLog.Functions.Api.V2;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Maintenance;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;
using ManagedLog.Functions.Security.Tokens;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ManagedLog.Functions.Hosting;

/// <summary>The service as a whole: the same process under the Functions host, alone, and in a container.</summary>
internal static class Service
{
    /// <summary>Short names for what is set most often on a command line.</summary>
    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--storage"] = $"{ServiceOptions.SectionName}:{nameof(ServiceOptions.Storage)}",
        ["--port"] = $"{ServiceOptions.SectionName}:{nameof(ServiceOptions.Port)}",
    };

    /// <summary>Runs until it is told to stop. The exit code is never 0 after a failure: the Functions host does not start such a process again.</summary>
    public static async Task<int> RunAsync(string[] args, Func<ServiceOptions, IStorageBackend> createBackend)
    {
        try
        {
            await using var app = Build(args, createBackend);
            await app.RunAsync();
            return 0;
        }
        catch (OperationCanceledException)
        {
            // Told to stop before it had started.
            return 0;
        }
        catch (StartException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }
        catch (IOException exception)
        {
            // Kestrel's sentence names the address that is in use.
            await Console.Error.WriteLineAsync(exception.Message);
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync(exception.ToString());
        }

        return 1;
    }

    /// <summary>Throws <see cref="StartException"/> where the configuration is not usable.</summary>
    public static WebApplication Build(string[] args, Func<ServiceOptions, IStorageBackend> createBackend, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Configuration.AddCommandLine(args, Switches);
        var options = ReadOptions(builder.Configuration);
        ConfigureServer(builder, options);
        AddServices(builder.Services, options, createBackend(options), time ?? TimeProvider.System);
        if (!FunctionsHost.IsPresent(builder.Configuration))
            builder.Services.AddHostedService<HousekeepingService>();

        var app = builder.Build();
        if (FunctionsHost.ListenUrl(app.Configuration, options) is { } url)
        {
            app.Urls.Clear();
            app.Urls.Add(url);
        }

        var errors = app.Services.GetRequiredService<ErrorAnswers>();
        var gate = app.Services.GetRequiredService<RequestGate>();
        var limits = app.Services.GetRequiredService<RequestLimits>();
        var cors = app.Services.GetRequiredService<Cors>();
        app.Use(next => context => cors.HandleAsync(context, next));
        app.Use(next => context => HeadRequests.HandleAsync(context, next));
        app.UseWhen(WholeAnswers.MayBeCompressed, branch => branch.UseResponseCompression());
        app.Use(next => context => errors.GuardAsync(context, next));
        app.Use(next => context => CompressedBody.HandleAsync(context, next));
        app.UseRouting();
        var authentication = app.Services.GetRequiredService<Authentication>();
        authentication.AllowsAnonymous = AnonymousAccess.IsOffered(app.Environment.IsDevelopment(), app.Configuration);
        var security = app.Services.GetRequiredService<SecurityStep>();
        app.Use(next => context => security.HandleAsync(context, next));
        app.Use(next => context => limits.PassAsync(context, next));
        app.Use(next => context => gate.PassAsync(context, next));
        Routes.Map(app);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            app.Logger.LogInformation("ManagedLog listens on {Urls}.", string.Join(", ", app.Urls));
            SayWhoMayCall(app, options);
        });
        return app;
    }

    private static void SayWhoMayCall(WebApplication app, ServiceOptions options)
    {
        if (app.Services.GetRequiredService<Authentication>().AllowsAnonymous)
        {
            app.Logger.LogWarning("This is a Development environment: programs on this machine may do everything without credentials. It listens on loopback addresses only.");
        }
        else if (options.Security is { AdminKeyHash: "", EntraAuthority: null })
        {
            app.Logger.LogWarning(
                "Every caller needs credentials, and neither ManagedLog:Security:AdminKeyHash nor ManagedLog:Security:EntraAuthority is set: "
                + "only API keys that exist already are taken.");
        }
        else
        {
            app.Logger.LogInformation("Every caller needs credentials.");
        }
    }

    private static ServiceOptions ReadOptions(ConfigurationManager configuration)
    {
        var options = new ServiceOptions();
        try
        {
            configuration.GetSection(ServiceOptions.SectionName).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            throw new StartException(exception.InnerException?.Message ?? exception.Message, exception);
        }

        return options.FindDefect() is { } defect ? throw new StartException(defect) : options;
    }

    private static void ConfigureServer(WebApplicationBuilder builder, ServiceOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Each endpoint has its own limit below this one.
            kestrel.Limits.MaxRequestBodySize = Math.Max(options.MaxProduceBytes, options.MaxStreamBytes);
            kestrel.Limits.MaxConcurrentConnections = options.Limits.MaxConnections;
            kestrel.Limits.MaxRequestLineSize = options.Limits.MaxRequestLineBytes;
            kestrel.Limits.MaxRequestHeaderCount = options.Limits.MaxHeaders;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = options.Limits.HeaderTimeout;
            kestrel.Limits.MaxRequestBufferSize = LimitOptions.MaxRequestBuffer;
            kestrel.Limits.MinRequestBodyDataRate = kestrel.Limits.MinResponseDataRate = new MinDataRate(options.Limits.MinBytesPerSecond, options.Limits.Grace);
        });
        builder.Logging.AddSimpleConsole(console =>
        {
            // The Functions host takes each line for a record of its own.
            console.SingleLine = true;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        // It says at length what RunAsync says in a sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }

    private static void AddServices(IServiceCollection services, ServiceOptions options, IStorageBackend backend, TimeProvider time)
    {
        services.AddSingleton(options);

        // Long polls and streams end at once when the service stops; what else is under way takes at most an append and its settling.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services.AddSingleton(time);
        services.AddSingleton<Entropy, SystemEntropy>();
        services.AddSingleton(_ => new Meter(LogEngine.MeterName));
        services.AddSingleton<MeterSeries>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<OpenApiEndpoints>();
        services.AddSingleton(provider => new LogEngine(
            backend,
            options.Engine,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Entropy>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("ManagedLog.Engine"),
            provider.GetRequiredService<Meter>()));
        services.AddSingleton<EngineStart>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineStart>());
        if (options.StopAtEndOfInput)
            services.AddSingleton<IHostLifetime, EndOfInputLifetime>();
        services.AddResponseCompression(WholeAnswers.Configure);
        services.AddSingleton<Cors>();
        services.AddSingleton<ErrorAnswers>();
        services.AddSingleton<RequestGate>();
        if (options.Security.EntraAuthority is { } authority)
        {
            services.AddSingleton(provider => new SigningKeys(authority, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SigningKeys>>()));
            services.AddSingleton(provider => new EntraTokens(provider.GetRequiredService<SigningKeys>(), options.Security, provider.GetRequiredService<TimeProvider>()));
        }

        services.AddSingleton<Authentication>();
        services.AddSingleton<Auditor>();
        services.AddSingleton<AuditEndpoint>();
        services.AddSingleton<SecurityStep>();
        services.AddSingleton<ApiKeyEndpoints>();
        services.AddSingleton<InstanceUse>();
        services.AddSingleton<CallerTable>();
        services.AddSingleton<RequestLimits>();
        services.AddSingleton<TopicLimits>();
        services.AddSingleton<RecordAppender>();
        services.AddSingleton<PlanDefaults>();
        services.AddSingleton<Idempotency>();
        services.AddSingleton<SingleRecord>();
        services.AddSingleton<MetadataEndpoints>();
        services.AddSingleton<ProduceEndpoint>();
        services.AddSingleton<RawProduceEndpoint>();
        services.AddSingleton<ProducerEndpoint>();
        services.AddSingleton<FetchEndpoint>();
        services.AddSingleton<FollowEndpoint>();
        services.AddSingleton<TopicRecordsEndpoint>();
        services.AddSingleton<RecordsFetchEndpoint>();
        services.AddSingleton<ConsumerCommits>();
        services.AddSingleton<ConsumerStarts>();
        services.AddSingleton<ConsumerMembership>();
        services.AddSingleton<ConsumerEnding>();
        services.AddSingleton<ConsumerPoll>();
        services.AddSingleton<ConsumerEndpoints>();
        services.AddSingleton<SubscriptionEndpoints>();
        services.AddSingleton<PositionEndpoints>();
        services.AddSingleton<OffsetEndpoints>();
        services.AddSingleton<PollStream>();
        services.AddSingleton<PollEndpoint>();
        services.AddSingleton<GroupLags>();
        services.AddSingleton<GroupEndpoints>();
        services.AddSingleton<LagEndpoints>();
        services.AddSingleton<GroupOffsetEndpoints>();
        services.AddSingleton<MemberEndpoints>();
        services.AddSingleton<ClusterEndpoints>();
        services.AddSingleton<BrokerEndpoints>();
        services.AddSingleton<BrokerConfigEndpoints>();
        services.AddSingleton<TopicEndpoints>();
        services.AddSingleton<ConfigEndpoints>();
        services.AddSingleton<ConfigBatchEndpoint>();
        services.AddSingleton<PartitionEndpoints>();
        services.AddSingleton<RecordsEndpoint>();
        services.AddSingleton<RecordsBatchEndpoint>();
        services.AddSingleton<InsightEndpoints>();
        services.AddSingleton<SearchEndpoint>();
        services.AddSingleton<HistoryEndpoint>();
        services.AddSingleton<ClusterHealthEndpoint>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<HousekeepingTimer>();
    }
}
