using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>The ports of a service that the platform itself calls: those of health, of actions and of events. Forwards are for the public, and only shown.</summary>
internal static class ServicePorts
{
    public static IReadOnlyCollection<int> Of(OmsService service) =>
    [
        .. ((int?[])[
            service.Health?.Port,
            .. service.Actions.Where(a => a.Unusable is null).Select(a => PortOf(a.Interface)),
            .. service.Events.Where(e => e.Unusable is null).SelectMany(e => (int?[])[e.Subscribe?.Port, e.Unsubscribe?.Port]),
        ]).OfType<int>().Distinct().Order(),
    ];

    private static int? PortOf(OmsInterface? way) => way switch
    {
        OmsHttp http => http.Port,
        OmsRpc { Endpoint: null } rpc => rpc.Port,
        _ => null,
    };
}
