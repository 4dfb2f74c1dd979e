using ManagedLog.Functions.Hosting;

var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration.GetValue<bool>(EndOfInputLifetime.Setting))
    builder.Services.AddSingleton<IHostLifetime, EndOfInputLifetime>();
var app = builder.Build();
app.Run();
