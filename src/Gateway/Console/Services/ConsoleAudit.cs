using Platform.Gateway.Audit;

namespace Platform.Gateway.Console.Services;

/// <summary>
/// What a form of the console has changed, in the audit log as the API's request that does the same: whoever looks there for a connection's path finds all that was done to it.
/// That the form itself was sent is noted as any other request.
/// </summary>
internal sealed class ConsoleAudit(AuditLog log, IHttpContextAccessor current)
{
    public Task NoteAsync(HttpMethod method, string address, int status) => log.NoteAsync(
        current.HttpContext ?? throw new InvalidOperationException("The console changes things within requests only."),
        method.Method, Uri.UnescapeDataString(address.Split('?', 2)[0]), status, code: null);
}
