using Platform.Gateway;
using Platform.Gateway.Audit;
using Platform.Gateway.AsyncApi;
using Platform.Gateway.DataProtection;
using Platform.Gateway.Docs;
using Platform.Gateway.Events;
using Platform.Gateway.Console;
using Platform.Gateway.Health;
using Platform.Gateway.Limits;
using Platform.Gateway.OpenApi;
using Platform.Gateway.Proxies;
using Platform.Gateway.Routing;
using Platform.Gateway.Tokens;
using Platform.Gateway.Webhooks;
using Platform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults(requireInternalSecret: false);
// It logs addresses with their query, where some callers put a token although none is accepted there.
builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning)
    // Two lines for each request, of which the trace says more.
    .AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Warning);
builder.AddDatabase("gateway-db");
foreach (var service in Routes.Services) builder.AddInternalHttpClient(service);
builder.Services.AddSingleton(TimeProvider.System);
builder.AddTokens();
builder.AddKeyTable();
builder.AddEventFeed();
builder.AddWebhooks();
builder.AddConsole();
builder.Services.AddSingleton<MergedDocument>();
builder.Services.AddAudit();
builder.Services.AddLimits();
builder.Services.AddProxies();
builder.AddForwarding();

var app = builder.Build();
app.UseProxies();
app.UseServiceDefaults();
app.UseMiddleware<AuditMiddleware>();
app.UseConsole();
app.UseDocs();
app.UseMiddleware<BearerAuthentication>();
app.UseMiddleware<LimitsMiddleware>();
app.UseQueryNames();
app.MapGet("/openapi.json", (MergedDocument document, CancellationToken cancel) => document.GetAsync(cancel)).ExcludeFromDescription();
app.MapDocs();
app.MapAsyncApi();
app.MapServices();
app.MapTokens();
ReadAudit.Map(app);
app.MapEvents();
app.MapWebhooks();
app.MapConsole();
app.MapForwarding();
app.MapFallback("{**path}", (HttpContext context) => throw UnreadBody.Of(context) ?? Errors.UnknownRoute(context.Request.Method, context.Request.Path));
app.Run();
