using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Audit;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Console.Services;

/// <summary>
/// What a form of the console has changed, in the audit log as the API's request that does the same: whoever looks there for a connection's path finds all that was done to it.
/// That the form itself was sent is noted as any other request.
/// </summary>
internal sealed class ConsoleAudit(AuditLog log, IHttpContextAccessor current, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task NoteAsync(HttpMethod method, string address, int status)
    {
        var context = current.HttpContext ?? throw new InvalidOperationException("The console changes things within requests only.");
        var token = context.Features.GetRequiredFeature<ApiToken>();
        var path = Uri.UnescapeDataString(address.Split('?', 2)[0]).Replace('\0', '\uFFFD');
        var entry = new AuditEntry(
            0, time.GetUtcNow().UtcDateTime, token.Name, token.Id, context.Connection.RemoteIpAddress?.ToString(), method.Method,
            path.Length > AuditEntry.MaxPath ? path[..AuditEntry.MaxPath] : path, status, null, (context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current)?.TraceId.ToString());
        try
        {
            await log.AddAsync(entry).WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // It is in the service's log by then.
        }
    }
}
