import Foundation

/// What a server before the mock is told, in the words of each.
struct ServerSettings: Sendable {
    /// Where its files are.
    var folder: String
    /// Who answers.
    var mockPort: Int
    /// Who answers what is asked for below `/second`.
    var secondMockPort: Int?
    var port = 0
    /// Where it is managed (Caddy, Envoy).
    var adminPort = 0
    /// The streams that a connection takes at once; nil for what it takes by itself.
    var streams: Int?
    /// After so many requests a connection is ended (nginx).
    var requestsPerConnection: Int?
    /// Whether its window for the body of a request is as small as it can be (nginx, Envoy).
    var hasSmallWindow = false

    /// How long a server that ends a connection waits for its client to end it too.
    ///
    /// By default nginx waits five seconds and Envoy one; then they reset the connection, and a client that is further
    /// behind, as on a machine that has no time for it, never sees the answers that are still in its own socket.
    private static let patience = "600s"

    func text(for program: RealServer.Program) -> String {
        switch program {
        case .nginx: nginx
        case .caddy: caddy
        case .envoy: envoy
        }
    }

    /// The requests for answers in its log.
    static func seen(in file: String) -> [RealServer.Seen] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        // What has no end yet is still being written.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { line in
            guard line.first == "{" else {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 3, words[2].contains("/v1/") else { return nil }
                return RealServer.Seen(version: words[0], client: words[1])
            }
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let request = object?["request"] as? [String: Any], let version = request["proto"] as? String,
                let port = request["remote_port"] as? String, (request["uri"] as? String)?.contains("/v1/") == true
            else { return nil }
            return RealServer.Seen(version: version, client: port)
        }
    }

    private var nginx: String {
        let second = secondMockPort.map {
            "location /second/ { proxy_pass http://127.0.0.1:\($0)/; }"
        }
        return """
            daemon on; pid \(folder)/nginx.pid; error_log \(folder)/error.log notice; worker_processes 2;
            user \(NSUserName());
            events { worker_connections 4096; }
            http {
                log_format seen '$server_protocol $remote_addr:$remote_port $request_uri';
                access_log \(folder)/access.log seen;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                client_max_body_size 0; lingering_timeout \(Self.patience); lingering_time \(Self.patience);
                keepalive_timeout 600s; keepalive_requests \(requestsPerConnection ?? 100_000);
                http2_max_concurrent_streams \(streams ?? 128); http2_body_preread_size \(hasSmallWindow ? 0 : 65_536);
                proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
                proxy_request_buffering off; proxy_read_timeout 600s; proxy_send_timeout 600s;
                upstream mock { server 127.0.0.1:\(mockPort); keepalive 512; }
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate certificate.pem; ssl_certificate_key key.pem;
                    location = /ready { return 200; }
                    location / { proxy_pass http://mock; }
                    \(second ?? "")
                }
            }
            """
    }

    private var caddy: String {
        let proxy = { (port: Int) in
            #"{"handler": "reverse_proxy", "flush_interval": -1, "upstreams": [{"dial": "127.0.0.1:\#(port)"}]}"#
        }
        let second = secondMockPort.map {
            #"{"match": [{"path": ["/second/*"]}], "terminal": true, "handle": "#
                + #"[{"handler": "rewrite", "strip_path_prefix": "/second"}, \#(proxy($0))]},"#
        }
        return """
            {"admin": {"listen": "127.0.0.1:\(adminPort)", "config": {"persist": false}},
            "storage": {"module": "file_system", "root": "\(folder)/storage"},
            "logging": {"logs": {"seen": {"include": ["http.log.access"], "encoder": {"format": "json"},
                "writer": {"output": "file", "filename": "\(folder)/access.log", "roll": false}}}},
            "apps": {
                "tls": {"certificates": {"load_files": [
                    {"certificate": "\(folder)/certificate.pem", "key": "\(folder)/key.pem"}]}},
                "http": {"servers": {"proxy": {"listen": ["127.0.0.1:\(port)"], "logs": {}, "protocols": ["h1", "h2"],
                    "automatic_https": {"disable": true}, "tls_connection_policies": [{}], "routes": [
                        {"match": [{"path": ["/ready"]}], "terminal": true,
                            "handle": [{"handler": "static_response", "status_code": 200}]},
                        \(second ?? "")
                        {"handle": [\(proxy(mockPort))]}]}}}}}
            """
    }

    private var envoy: String {
        let type = #""@type": "type.googleapis.com/envoy.extensions"#
        let cluster = { (name: String, port: Int) in
            """
            {"name": "\(name)", "type": "STATIC", "per_connection_buffer_limit_bytes": 65536, "circuit_breakers":
                {"thresholds": [{"max_connections": 9999, "max_pending_requests": 9999, "max_requests": 9999}]},
                "load_assignment": {"cluster_name": "\(name)", "endpoints": [{"lb_endpoints": [
                    {"endpoint": {"address": \(address(port))}}]}]}}
            """
        }
        let second = secondMockPort.map { (route: Self.secondRoute, cluster: ", " + cluster("second", $0)) }
        let window = hasSmallWindow ? #", "initial_stream_window_size": 65535"# : ""
        return """
            {"admin": {"address": \(address(adminPort))}, "static_resources": {"listeners": [{"name": "proxy",
            "per_connection_buffer_limit_bytes": 65536, "address": \(address(port)), "filter_chains": [{
                "transport_socket": {"name": "tls", "typed_config": {
                    \(type).transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": {
                        "alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [{
                            "certificate_chain": {"filename": "\(folder)/certificate.pem"},
                            "private_key": {"filename": "\(folder)/key.pem"}}]}}},
                "filters": [{"name": "http", "typed_config": {
                    \(type).filters.network.http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "proxy", "stream_idle_timeout": "600s", "drain_timeout": "1s",
                    "delayed_close_timeout": "\(Self.patience)",
                    "http2_protocol_options": {"max_concurrent_streams": \(streams ?? 1_000)\(window)},
                    "access_log": [{"name": "file", "typed_config": {
                        \(type).access_loggers.file.v3.FileAccessLog", "path": "\(folder)/access.log",
                        "log_format": {"text_format_source": {"inline_string":
                            "%PROTOCOL% %DOWNSTREAM_REMOTE_ADDRESS% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%\\n"}}}}],
                    "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                        {"match": {"path": "/ready"}, "direct_response": {"status": 200}}, \(second?.route ?? "")
                        {"match": {"prefix": "/"}, "route": {"cluster": "mock", "timeout": "0s"}}]}]},
                    "http_filters": [{"name": "router", "typed_config": {
                        \(type).filters.http.router.v3.Router"}}]}}]}]}],
            "clusters": [\(cluster("mock", mockPort))\(second?.cluster ?? "")]}}
            """
    }

    private static let secondRoute = """
        {"match": {"prefix": "/second/"}, "route": {"cluster": "second", "timeout": "0s", "prefix_rewrite": "/"}},
        """

    private func address(_ port: Int) -> String {
        #"{"socket_address": {"address": "127.0.0.1", "port_value": \#(port)}}"#
    }
}
