using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

// A service or interceptor for one call: from the container if it is registered there, else made here and disposed after the call.
internal readonly struct CallInstance<T>(T instance, bool owned) : IAsyncDisposable
    where T : class
{
    public T Instance => instance;

    public static CallInstance<T> Create(IServiceProvider services) =>
        services.GetService<T>() is { } registered ? new(registered, owned: false) : new(ActivatorUtilities.CreateInstance<T>(services), owned: true);

    public static CallInstance<T> Create(IServiceProvider services, InterceptorRegistration registration) =>
        registration.Arguments.Count == 0 && services.GetService(registration.Type) is T registered
            ? new(registered, owned: false)
            : new((T)ActivatorUtilities.CreateInstance(services, registration.Type, [.. registration.Arguments]), owned: true);

    public ValueTask DisposeAsync()
    {
        if (owned && instance is IAsyncDisposable asynchronous)
            return asynchronous.DisposeAsync();

        if (owned && instance is IDisposable disposable)
            disposable.Dispose();

        return default;
    }
}
