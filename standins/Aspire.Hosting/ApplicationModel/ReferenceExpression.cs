namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text that is put together when it is asked for, so that it may contain ports and passwords that are not known while the model is written.</summary>
public class ReferenceExpression : IValueProvider
{
    private readonly object[] parts;

    private ReferenceExpression(object[] parts) => this.parts = parts;

    /// <param name="parts">Strings and value providers, in order.</param>
    internal static ReferenceExpression Of(params object[] parts) => new(parts);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new string?[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            values[i] = parts[i] is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : (string)parts[i];
        return string.Concat(values);
    }

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(cancellationToken);
}

internal sealed class DeferredValue(Func<CancellationToken, ValueTask<string?>> get) : IValueProvider
{
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => get(cancellationToken);
}
