namespace PipeProxy.Microbenchmarks;

/// <summary>Bytes that the benchmarks share.</summary>
internal static class Http1Heads
{
    /// <summary>40 bytes: the least a load generator sends.</summary>
    public static byte[] Small => "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"u8.ToArray();

    /// <summary>635 bytes, 13 fields: a browser's.</summary>
    public static byte[] Browser =>
    [
        .. "GET /products/catalog?category=bicycles&page=3&sort=price HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\n"u8,
        .. "sec-ch-ua-platform: \"Linux\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0\r\n"u8,
        .. "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n"u8,
        .. "Cache-Control: max-age=0\r\nCookie: session=4f1c2d9a7b6e4c3d; theme=dark; consent=1; basket=0123456789abcdef0123456789abcdef\r\nReferer: https://www.example.com/products\r\n"u8,
        .. "Sec-Fetch-Mode: navigate\r\nUpgrade-Insecure-Requests: 1\r\nX-Request-Id: 7f1d0a52-3c6e-4b8f-9d21\r\n\r\n"u8,
    ];

    /// <summary>250 bytes, 8 fields: nginx's answer with a file.</summary>
    public static byte[] Response =>
    [
        .. "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nContent-Type: application/octet-stream\r\n"u8,
        .. "Content-Length: 1024\r\nLast-Modified: Mon, 23 Nov 2026 09:00:00 GMT\r\nConnection: keep-alive\r\nETag: \"6922c1f0-400\"\r\nAccept-Ranges: bytes\r\n\r\n"u8,
    ];
}
