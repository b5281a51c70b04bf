# SPDX-License-Identifier: Apache-2.0
from flask import Blueprint, Flask, Response, request

part = Blueprint("part", __name__, static_folder="start", url_prefix="/part")


def create_app():
    app = Flask(__name__, static_folder="static_files", static_url_path="/files")
    app.register_blueprint(part)

    @app.route("/hello/<name>")
    def hello(name):
        return "Hello %s" % name

    @app.route("/echo", methods=["POST"])
    def echo():
        return {"size": len(request.get_data()), "form": dict(request.form)}

    @app.route("/stream")
    def stream():
        return Response((str(number) for number in range(3)), mimetype="text/plain")

    @app.route("/fail")
    def fail():
        raise ValueError("secret detail")

    return app
