using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

public class GrpcServiceOptions
{
    // Bytes; null: no limit.
    public int? MaxSendMessageSize { get; set; }

    // Bytes; null: no limit.
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    // Whether the caller is told what an unexpected exception of a handler said.
    public bool? EnableDetailedErrors { get; set; }

    // The first one is the outermost.
    public InterceptorCollection Interceptors { get; } = [];
}

// Starts as a copy of the options of all services.
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}

public class InterceptorCollection : System.Collections.ObjectModel.Collection<InterceptorRegistration>
{
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(new InterceptorRegistration(typeof(TInterceptor), args));
}

public class InterceptorRegistration
{
    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        Arguments = arguments;
    }

    public Type Type { get; }

    internal IReadOnlyList<object> Arguments { get; }
}
