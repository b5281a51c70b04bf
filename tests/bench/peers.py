# SPDX-License-Identifier: Apache-2.0
"""Which servers stand in which scenario. In commands and files: {port} {dir} (the peer's own folder) {www} {apps},
and of a TLS scenario {cert} {key} {certkey}."""
import dataclasses


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


def arcology(binary, what):
    return Peer("arcology", f"{binary} serve {what} --listen 127.0.0.1:{{port}} --loops 1 --cache off --data-dir {{dir}}/data")


NGINX = Peer("nginx", "nginx -p {dir} -c {dir}/nginx.conf -e {dir}/error.log", {"nginx.conf": """
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; open_file_cache max=100;
  client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  server { listen 127.0.0.1:{port} backlog=4096; root {www}; } }
"""})
H2O = Peer("h2o", "h2o -m worker -c {dir}/h2o.conf", {"h2o.conf": """
num-threads: 1
user: root
error-log: {dir}/error.log
pid-file: {dir}/pid
listen:
  host: 127.0.0.1
  port: {port}
hosts:
  default:
    paths:
      "/":
        file.dir: {www}
"""})


NGINX_TLS = Peer("nginx", NGINX.command, {"nginx.conf": NGINX.files["nginx.conf"].replace(
    "{port} backlog=4096;", "{port} ssl backlog=4096; ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; "
    "ssl_session_cache off; ssl_session_tickets off;")})
H2O_TLS = Peer("h2o", H2O.command, {"h2o.conf": H2O.files["h2o.conf"].replace("  port: {port}\n", """  port: {port}
  ssl:
    certificate-file: {cert}
    key-file: {key}
    minimum-version: TLSv1.3
""") + """ssl-session-resumption:
  mode: off
"""})
HAPROXY_TLS = Peer("haproxy", "haproxy -W -f {dir}/haproxy.cfg", {"haproxy.cfg": """
global
  nbthread 1
  tune.ssl.cachesize 0
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend f
  bind 127.0.0.1:{port} backlog 4096 ssl crt {certkey}
  http-request return status 200 content-type text/plain file {www}/1k.txt
"""})


def arcology_tls(binary):
    return Peer("arcology", f"{binary} serve {{www}} --listen 127.0.0.1:0 --tls-listen 127.0.0.1:{{port}} --cert {{cert}} "
                            "--key {key} --loops 1 --cache off --set tls.tickets=off --data-dir {dir}/data")


def uwsgi(module):
    return Peer("uwsgi", f"uwsgi --plugin python3 --pythonpath {{apps}} --module {module}:app --master --processes 1 "
                         "--disable-logging --listen 1024 --need-app --die-on-term --add-header Connection:close "
                         "--http-socket 127.0.0.1:{port}")


def uvicorn(module):
    return Peer("uvicorn", f"uvicorn --app-dir {{apps}} {module}:app --host 127.0.0.1 --port {{port}} --loop uvloop "
                           "--http httptools --no-access-log --log-level warning")


def scenarios(binary):
    def app(module, interface):
        return arcology(binary, f"{{apps}} --entry {module}:app --interface {interface} --python /usr/bin/python3 --workers 1")
    tls_peers = [arcology_tls(binary), NGINX_TLS, H2O_TLS, HAPROXY_TLS]
    return [
        Scenario("S1", "static file of 1 KiB", 0.80, [arcology(binary, "{www}"), NGINX, H2O], "/1k.txt"),
        Scenario("S5-keepalive", "TLS 1.3, 1 KiB, keep-alive", 0.70, tls_peers, "/1k.txt", tls=True),
        Scenario("S5-handshake", "TLS 1.3, full handshake (ECDSA P-256) and 1 KiB on each connection", 0.80, tls_peers, "/1k.txt",
                 tls=True, headers=("Connection: close",)),
        Scenario("S7-wsgi", "WSGI hello, 1 worker", 0.40, [app("hello_wsgi", "wsgi"), uwsgi("hello_wsgi")]),
        Scenario("S7-django", "Django hello, 1 worker", 0.63, [app("hello_django", "wsgi"), uwsgi("hello_django")]),
        Scenario("S8-fastapi", "FastAPI async hello, 1 worker", 0.82, [app("hello_fastapi", "asgi"), uvicorn("hello_fastapi")]),
    ]
