using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Console.Services;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Parts;

/// <summary>What every page has: the request, the services, and a way to tell what went wrong with either.</summary>
public abstract class ConsolePage : ComponentBase
{
    [CascadingParameter] public HttpContext Http { get; set; } = null!;

    [Inject] internal ServiceCalls Services { get; set; } = null!;

    [Inject] internal NavigationManager Navigation { get; set; } = null!;

    /// <summary>Why there is nothing to show.</summary>
    private protected Problem? Missing { get; private set; }

    /// <summary>Why what a form asked for was not done.</summary>
    private protected Problem? Refused { get; private set; }

    private protected CancellationToken Cancel => Http.RequestAborted;

    private protected ApiToken Token => Http.Features.GetRequiredFeature<ApiToken>();

    /// <summary>The names and values of the form that was sent; null: none was.</summary>
    private protected IFormCollection? Form => Http.Request.HasFormContentType && HttpMethods.IsPost(Http.Request.Method) ? Http.Request.Form : null;

    /// <summary>Whether connectors may be asked about; connections can be made and changed without.</summary>
    private protected bool ReadsConnectors => Token.Held.Allows("connectors:read");

    private protected async Task LoadAsync(Func<Task> load) => Missing = await TellAsync(load);

    private protected async Task DoAsync(Func<Task> work) => Refused = await TellAsync(work);

    /// <summary>403, as the API's own routes answer that need it.</summary>
    private protected void Require(string scope)
    {
        if (!Token.Held.Allows(scope)) throw Scopes.Insufficient(scope);
    }

    private async Task<Problem?> TellAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (ProblemException e)
        {
            Answer(e.Problem.Status);
            // For the audit log.
            Http.Features.Set(e.Problem);
            return e.Problem;
        }
    }

    // The framework throws away a page whose status is 404 when it has been made: it takes the address for unknown. So this one is set as the page leaves.
    private void Answer(int status)
    {
        if (status != StatusCodes.Status404NotFound) Http.Response.StatusCode = status;
        else Http.Response.OnStarting(() =>
        {
            if (Http.Response.StatusCode == StatusCodes.Status200OK) Http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
    }
}
