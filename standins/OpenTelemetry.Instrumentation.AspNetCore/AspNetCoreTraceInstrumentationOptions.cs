using Microsoft.AspNetCore.Http;

namespace OpenTelemetry.Instrumentation.AspNetCore;

public class AspNetCoreTraceInstrumentationOptions
{
    public Func<HttpContext, bool>? Filter { get; set; }
}
