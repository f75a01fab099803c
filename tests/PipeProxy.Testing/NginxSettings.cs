namespace PipeProxy.Testing;

/// <summary>What every nginx of the tests is told first: one process in the foreground that changes no user, leaves nothing behind when it is killed, and keeps its files in its folder.</summary>
public static class NginxSettings
{
    /// <summary>Above the http block.</summary>
    public static string Process(TemporaryDirectory folder, string logLevel, int connections) => $$"""
        daemon off;
        master_process off;
        pid {{folder.Combine("nginx.pid")}};
        error_log stderr {{logLevel}};
        events { worker_connections {{connections}}; }
        """;

    /// <summary>Within the http block.</summary>
    public static string Folders(TemporaryDirectory folder) => $"""
        client_body_temp_path {folder.Combine("body")};
        proxy_temp_path {folder.Combine("proxy")};
        fastcgi_temp_path {folder.Combine("fastcgi")};
        uwsgi_temp_path {folder.Combine("uwsgi")};
        scgi_temp_path {folder.Combine("scgi")};
        """;
}
