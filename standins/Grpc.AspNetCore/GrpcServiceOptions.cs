using System.IO.Compression;
using Grpc.Core.Interceptors;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

public class GrpcServiceOptions
{
    // Bytes; null: no limit.
    public int? MaxSendMessageSize { get; set; }

    // Bytes; null: no limit.
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    // Whether the caller is told what an unexpected exception of a handler said.
    public bool? EnableDetailedErrors { get; set; }

    // The encoding of responses to callers that accept it; null: none. It needs a provider.
    public string? ResponseCompressionAlgorithm { get; set; }

    // null: the provider's choice.
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    // What messages can be read and written in; none: gzip.
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

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
