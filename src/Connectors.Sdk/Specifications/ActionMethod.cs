using System.Reflection;
using System.Text.Json;
using Platform.Connectors;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.Specifications;

/// <summary>A method that is an action.</summary>
internal sealed class ActionMethod
{
    private readonly MethodInfo method;
    private readonly ActionAttribute action;
    private readonly Type options;
    private readonly Type? arguments;

    private ActionMethod(MethodInfo method, ActionAttribute action, Type options)
    {
        (this.method, this.action, this.options) = (method, action, options);
        var others = method.GetParameters().Select(p => p.ParameterType).Where(t => t != options && t != typeof(ActionContext) && t != typeof(CancellationToken)).ToArray();
        if (others.Length > 1)
            throw new InvalidOperationException($"The action {Name} takes {others.Length} kinds of arguments; one record has them all.");
        if (!typeof(Task).IsAssignableFrom(method.ReturnType))
            throw new InvalidOperationException($"The action {Name} returns {method.ReturnType.Name}; an action returns a Task.");
        arguments = others.FirstOrDefault();
    }

    public string Name => action.Name ?? ConnectorJson.Name(method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^5] : method.Name);

    /// <exception cref="InvalidOperationException">A method that can't be an action.</exception>
    public static IEnumerable<ActionMethod> AllOf(Type connector, Type options) =>
        from method in connector.GetMethods(BindingFlags.Public | BindingFlags.Instance)
        let action = method.GetCustomAttribute<ActionAttribute>()
        where action is not null
        select new ActionMethod(method, action, options);

    public V1.Action Describe()
    {
        var described = new V1.Action
        {
            Name = Name,
            Description = action.Description,
            Mutates = action.Mutates,
            Exclusive = action.Exclusive,
            Idempotent = action.Idempotent,
        };
        if (arguments is not null)
            described.Parameters.AddRange(ParametersOf.Members(arguments));
        if (method.ReturnType.IsGenericType)
            described.Result = ParametersOf.Values(method.ReturnType.GetGenericArguments()[0]);
        return described;
    }

    /// <returns>The result as JSON; <c>null</c> for an action without one.</returns>
    /// <exception cref="FormatException">The arguments don't fit.</exception>
    public async Task<byte[]> InvokeAsync(object connector, object given, string argumentsJson, ActionContext context, CancellationToken cancellationToken)
    {
        var read = arguments is null ? null : ConnectorOptions.Parse(argumentsJson, arguments, "arguments");
        var values = method.GetParameters().Select(p =>
            p.ParameterType == options ? given
            : p.ParameterType == typeof(ActionContext) ? context
            : p.ParameterType == typeof(CancellationToken) ? cancellationToken
            : read);
        var task = (Task)method.Invoke(connector, BindingFlags.DoNotWrapExceptions, null, [.. values], null)!;
        await task;
        return method.ReturnType.IsGenericType
            ? JsonSerializer.SerializeToUtf8Bytes(method.ReturnType.GetProperty("Result")!.GetValue(task), method.ReturnType.GetGenericArguments()[0], ConnectorJson.Lenient)
            : "null"u8.ToArray();
    }
}
