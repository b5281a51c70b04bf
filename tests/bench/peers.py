# SPDX-License-Identifier: Apache-2.0
"""Which servers stand in which scenario. In commands and files: {port} {dir} (the peer's own folder) {www} {apps},
and of a TLS scenario {cert} {key} {certkey}."""
import dataclasses

OURS = "arcology"


@dataclasses.dataclass
class Peer:
    name: str
    command: str
    files: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Scenario:
    name: str
    title: str
    target: float  # our CPU per request over the best peer's, at most
    peers: list
    path: str = "/"
    tls: bool = False
    headers: tuple = ()
    connections: int = 64
    streams: int = 0  # of HTTP/2 on each connection; 0: HTTP/1.1
    mib: float = 0  # idle connections are counted, not requests: what they may cost


def arcology(binary, what):
    return Peer(OURS, f"{binary} serve {what} --listen 127.0.0.1:{{port}} --loops 1 --cache off --data-dir {{dir}}/data")


def arcology_tls(binary):
    return Peer(OURS, f"{binary} serve {{www}} --listen 127.0.0.1:0 --tls-listen 127.0.0.1:{{port}} --cert {{cert}} "
                            "--key {key} --loops 1 --cache off --set tls.tickets=off --data-dir {dir}/data")


def with_settings(peer, settings):
    return dataclasses.replace(peer, command=" ".join([peer.command, *(f"--set {setting}" for setting in settings)]))


def nginx(listen):
    return Peer("nginx", "nginx -p {dir} -c {dir}/nginx.conf -e {dir}/error.log", {"nginx.conf": """
daemon off; worker_processes 1; user root; pid {dir}/pid; error_log {dir}/error.log crit; worker_rlimit_nofile 20000;
events { worker_connections 15000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; sendfile on; tcp_nopush on; open_file_cache max=100;
  client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  server { listen 127.0.0.1:{port} LISTEN root {www}; } }
""".replace("LISTEN", listen)})


def nginx_tls(words=""):
    return nginx(f"ssl {words} backlog=4096; ssl_certificate {{cert}}; ssl_certificate_key {{key}}; ssl_protocols TLSv1.3; "
                 "ssl_session_cache off; ssl_session_tickets off;")


def h2o(listen="", more=""):
    return Peer("h2o", "h2o -m worker -c {dir}/h2o.conf", {"h2o.conf": f"""
num-threads: 1
user: root
max-connections: 15000
http1-request-timeout: 600
http2-idle-timeout: 600
error-log: {{dir}}/error.log
pid-file: {{dir}}/pid
listen:
  host: 127.0.0.1
  port: {{port}}
{listen}hosts:
  default:
    paths:
      "/":
        file.dir: {{www}}
{more}"""})


H2O_TLS = h2o("""  ssl:
    certificate-file: {cert}
    key-file: {key}
    minimum-version: TLSv1.3
    ocsp-update-interval: 0
""", """ssl-session-resumption:
  mode: off
""")


def haproxy(bind):
    return Peer("haproxy", "haproxy -W -f {dir}/haproxy.cfg", {"haproxy.cfg": """
global
  nbthread 1
  maxconn 10200
  no strict-limits
  tune.ssl.cachesize 0
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
defaults
  mode http
  timeout client 600s
  timeout http-keep-alive 600s
  timeout connect 5s
  timeout server 60s
frontend f
  bind 127.0.0.1:{port} backlog 4096 BIND
  http-request return status 200 content-type text/plain file {www}/1k.txt
""".replace("BIND", bind)})


LIGHTTPD = Peer("lighttpd", "lighttpd -D -f {dir}/lighttpd.conf", {"lighttpd.conf": """
server.document-root = "{www}"
server.bind = "127.0.0.1"
server.port = {port}
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 600
server.max-fds = 20000
server.max-connections = 15000
server.network-backend = "sendfile"
server.listen-backlog = 4096
mimetype.assign = (".txt" => "text/plain", ".bin" => "application/octet-stream")
"""})


def caddy(address, site=""):
    return Peer("caddy", "caddy run --config {dir}/Caddyfile --adapter caddyfile", {"Caddyfile": """{
  admin off
  auto_https off
  default_sni localhost
  log {
    level ERROR
  }
}
ADDRESS://127.0.0.1:{port} {
  bind 127.0.0.1
  SITE
  root * {www}
  file_server
}
""".replace("ADDRESS", address).replace("SITE", site)})


CADDY_TLS = caddy("https", "tls {cert} {key}")


def apache(modules=(), more=""):
    loads = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                    for name in ("mpm_event", "authz_core", "mime", *modules))
    return Peer("apache2", "apache2 -D FOREGROUND -f {dir}/httpd.conf", {"httpd.conf": f"""ServerRoot {{dir}}
DefaultRuntimeDir {{dir}}
{loads}Listen 127.0.0.1:{{port}}
ListenBacklog 4096
ServerName localhost
User www-data
Group www-data
PidFile {{dir}}/pid
ErrorLog {{dir}}/error.log
LogLevel crit
TypesConfig /etc/mime.types
MaxKeepAliveRequests 0
KeepAliveTimeout 60
StartServers 1
ServerLimit 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
EnableSendfile On
DocumentRoot {{www}}
<Directory />
  AllowOverride None
  Require all granted
</Directory>
{more}"""})


APACHE_HTTP2 = apache(("ssl", "http2", "socache_shmcb"), """Protocols h2
SSLEngine on
SSLCertificateFile {cert}
SSLCertificateKeyFile {key}
""")


def uwsgi(module):
    return Peer("uwsgi", f"uwsgi --plugin python3 --pythonpath {{apps}} --module {module}:app --master --processes 1 "
                         "--disable-logging --listen 1024 --need-app --die-on-term --add-header Connection:close "
                         "--http-socket 127.0.0.1:{port}")


def uvicorn(module):
    return Peer("uvicorn", f"uvicorn --app-dir {{apps}} {module}:app --host 127.0.0.1 --port {{port}} --loop uvloop "
                           "--http httptools --no-access-log --log-level warning")


def scenarios(binary, settings=()):
    found = all_scenarios(binary)
    for scenario in found:
        scenario.peers = [with_settings(peer, settings) if peer.name == OURS else peer for peer in scenario.peers]
    return found


def all_scenarios(binary):
    def app(module, interface):
        return arcology(binary, f"{{apps}} --entry {module}:app --interface {interface} --python /usr/bin/python3 --workers 1")
    ours, ours_tls = arcology(binary, "{www}"), arcology_tls(binary)
    files = [ours, nginx("backlog=4096;"), h2o(), LIGHTTPD, caddy("http"), apache()]
    tls = [ours_tls, nginx_tls(), H2O_TLS, haproxy("ssl crt {certkey}"), CADDY_TLS]
    patient = ["http.idle_timeout_s=600"]  # opening 10,000 connections takes its time
    http2 = [ours_tls, nginx_tls("http2"), H2O_TLS, haproxy("ssl crt {certkey} alpn h2"), CADDY_TLS, APACHE_HTTP2]
    return [
        Scenario("S1", "static file of 1 KiB", 0.80, files, "/1k.txt"),
        Scenario("S2-100k", "static file of 100 KiB", 0.95, files, "/100k.bin"),
        Scenario("S2-10m", "static file of 10 MiB, 16 connections", 1.00, files, "/10m.bin", connections=16),
        Scenario("S5-keepalive", "TLS 1.3, 1 KiB, keep-alive", 0.70, tls, "/1k.txt", tls=True),
        Scenario("S5-handshake", "TLS 1.3, full handshake (ECDSA P-256) and 1 KiB on each connection", 0.80, tls, "/1k.txt",
                 tls=True, headers=("Connection: close",)),
        Scenario("S6", "HTTP/2 over TLS 1.3, 1 KiB, 16 connections of 10 streams", 1.00, http2, "/1k.txt", tls=True, connections=16,
                 streams=10),
        Scenario("S7-wsgi", "WSGI hello, 1 worker", 0.40, [app("hello_wsgi", "wsgi"), uwsgi("hello_wsgi")]),
        Scenario("S7-django", "Django hello, 1 worker", 0.63, [app("hello_django", "wsgi"), uwsgi("hello_django")]),
        Scenario("S8-asgi", "ASGI hello, 1 worker", 0.55, [app("hello_asgi", "asgi"), uvicorn("hello_asgi")]),
        Scenario("S8-fastapi", "FastAPI async hello, 1 worker", 0.82, [app("hello_fastapi", "asgi"), uvicorn("hello_fastapi")]),
        Scenario("S8-fastapi-def", "FastAPI hello in a thread, 1 worker", 0.85,
                 [app("hello_fastapi_def", "asgi"), uvicorn("hello_fastapi_def")]),
        # apache2 is left out of S9: its 128 threads hold no 10,000 connections
        Scenario("S9-plain", "memory of 10,000 idle keep-alive connections", 0,
                 [with_settings(ours, patient), *files[1:-1], haproxy("")], "/1k.txt", mib=5, connections=16),
        Scenario("S9-tls", "memory of 10,000 idle keep-alive connections over TLS 1.3", 0,
                 [with_settings(ours_tls, patient), *tls[1:]], "/1k.txt", tls=True, mib=150, connections=16),
    ]
