using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Platform.Servers;

namespace Platform.Benchmarks.Edge;

/// <summary>A private nginx before the same service, as somebody would set it up who cares for speed: connections are kept to both sides.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private readonly Process process;

    private Nginx(Process process, int port) => (this.process, Url) = (process, $"http://127.0.0.1:{port}");

    public string Url { get; }

    public static async Task<Nginx> StartAsync(string folder, Uri service, string header, string value)
    {
        var (port, home) = (FreePorts.Take(), Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName);
        var configuration = Path.Combine(home, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off;
            worker_processes {{Environment.ProcessorCount}};
            pid {{home}}/nginx.pid;
            error_log {{home}}/error.log;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path {{home}}/body; proxy_temp_path {{home}}/proxy; fastcgi_temp_path {{home}}/fastcgi; uwsgi_temp_path {{home}}/uwsgi; scgi_temp_path {{home}}/scgi;
              keepalive_requests 1000000000;
              upstream service { server {{service.Authority}}; keepalive 256; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://service;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header {{header}} "{{value}}";
                  proxy_set_header X-Platform-Scopes admin;
                }
              }
            }
            """);
        var nginx = new Nginx(Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-p", home, "-c", configuration, "-e", $"{home}/error.log"]))!, port);
        for (var started = Stopwatch.GetTimestamp(); !await AnswersAsync(port); await Task.Delay(50))
        {
            if (!nginx.process.HasExited && Stopwatch.GetElapsedTime(started) < StartLimit) continue;
            await nginx.DisposeAsync();
            throw new InvalidOperationException($"nginx did not start: {await File.ReadAllTextAsync($"{home}/error.log")}");
        }

        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            // Its workers go with it.
            using var end = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
