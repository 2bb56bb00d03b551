using System.Net;
using System.Text.RegularExpressions;

namespace Platform.Gateway.Tests;

/// <summary>What a browser does, as far as the console's safety depends on it: cookies by their paths, forms with their hidden fields, redirects seen.</summary>
internal sealed partial class ConsoleBrowser : IDisposable
{
    private readonly SocketsHttpHandler handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
    private readonly HttpClient client;

    /// <param name="configure">How it connects, where that is not the usual way.</param>
    public ConsoleBrowser(Uri gateway, Action<SocketsHttpHandler>? configure = null)
    {
        configure?.Invoke(handler);
        client = new HttpClient(handler) { BaseAddress = gateway };
        client.DefaultRequestHeaders.Add("Accept", "text/html");
    }

    public Uri Gateway => client.BaseAddress!;

    public Task<HttpResponseMessage> GetAsync(string path, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead) =>
        client.GetAsync(path, until, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    /// <summary>Fills in the page's form and sends it.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, string handlerName, params (string Name, string Value)[] values) =>
        await PostAsync(path, [.. await HiddenAsync(path, handlerName), .. values.Select(v => KeyValuePair.Create(v.Name, v.Value))]);

    /// <summary>The fields that came with the page.</summary>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> HiddenAsync(string path, string handlerName)
    {
        using var page = await GetAsync(path);
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var token = FormToken().Match(html);
        Assert.True(token.Success, html);
        return [KeyValuePair.Create("__RequestVerificationToken", token.Groups[1].Value), KeyValuePair.Create("_handler", handlerName)];
    }

    public Task<HttpResponseMessage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields) =>
        client.PostAsync(path, new FormUrlEncodedContent(fields), TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> SignInAsync(string token, string path = "/console/sign-in") => SubmitAsync(path, "sign-in", ("token", token));

    public CookieCollection CookiesFor(string path) => handler.CookieContainer.GetCookies(new Uri(Gateway, path));

    public void Dispose() => client.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
