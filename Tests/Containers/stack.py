"""The mesh of compose/compose.yaml under a name, a tag and ports of its own."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("BIN", ".build/release")
PRODUCTS = ("knowledge-store", "expert-worker", "router")
PROJECT = "expertmesh-check"
MODEL = "containers-check"
ENVIRONMENT = {
    **os.environ, "COMPOSE_PROJECT_NAME": PROJECT, "EXPERTMESH_TAG": "check",
    "EXPERTMESH_MODEL": MODEL, "EXPERTMESH_PORT": "18080-18081", "DOCKER_BUILDKIT": "1",
}
COMMAND_TIMEOUT = 120


class Failed(Exception):
    """What did not come true; the message says what was expected and what was found."""


def run(*command, timeout=COMMAND_TIMEOUT):
    """Standard output of a command that ends with 0."""
    ended = subprocess.run(
        [str(word) for word in command], env=ENVIRONMENT, cwd=ROOT, text=True, timeout=timeout,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {ended.stderr.strip()[-2000:]}")
    return ended.stdout.strip()


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


def compose(*arguments, **options):
    tool = ("docker", "compose") if has_compose_v2() else ("docker-compose",)
    return run(*tool, "--file", ROOT / "compose/compose.yaml", *arguments, **options)


@functools.cache
def has_compose_v2():
    asked = ["docker", "compose", "version"]
    return subprocess.run(asked, env=ENVIRONMENT, capture_output=True).returncode == 0


def wait_for(condition, what, within=60):
    """The first true value of `condition`, which is asked until then."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failed(f"not within {within} s: {what}")
        time.sleep(0.2)
    return value


# MARK: Before it runs


def build_images():
    """The images of compose/Dockerfile, with the programs of this build."""
    with tempfile.TemporaryDirectory() as folder:
        run(ROOT / "compose/collect.sh", BINARIES, folder)
        archive = Path(folder) / "programs.tar"
        run("tar", "--create", "--directory", folder, "--file", archive, "programs")
        docker("import", archive, "expertmesh/programs:check")
    for product in PRODUCTS:
        docker(
            "build", "--quiet", "--network", "none", "--file", ROOT / "compose/Dockerfile",
            "--build-arg", "PROGRAMS=expertmesh/programs:check",
            "--build-arg", f"PRODUCT={product}", "--tag", f"expertmesh/{product}:check", ROOT)


def import_model():
    """The demo's model, in the cache that the containers see."""
    source = ROOT / "Shared/DemoModel/weights/manifest.json"
    run(BINARIES / "meshctl", "import", source, "--into", model_directory())


def model_directory():
    return Path(ENVIRONMENT["EXPERTMESH_CACHE"]) / "models" / MODEL


def remove():
    """Ends everything that this check started in the engine, and what it wrote."""
    compose("down", "--volumes", "--timeout", "5")
    shutil.rmtree(model_directory(), ignore_errors=True)


# MARK: While it runs


def containers(service, *options):
    """The ids of a service's containers that run; with `--all` of the stopped ones as well."""
    labels = (f"project={PROJECT}", f"service={service}")
    filters = [f"--filter=label=com.docker.compose.{label}" for label in labels]
    return docker("ps", "--quiet", *options, *filters).split()


def inspect(container):
    return json.loads(docker("inspect", container))[0]


def is_healthy(container):
    return inspect(container)["State"]["Health"]["Status"] == "healthy"


def are_healthy(service):
    ids = containers(service)
    return ids and all(map(is_healthy, ids))


def address(container):
    """In the mesh's own network, which this machine is part of."""
    networks = inspect(container)["NetworkSettings"]["Networks"]
    return next(iter(networks.values()))["IPAddress"]


def status():
    """The router's /admin/status."""
    container = containers("router")[0]
    with urllib.request.urlopen(f"http://{address(container)}:9090/admin/status", timeout=10) as reply:
        return json.load(reply)


def published_url():
    where = compose("port", "router", "8080")
    return f"http://{where}/v1"


def testimony():
    """What every container said last, and its last health checks, for whoever looks for a cause."""
    lines = [compose("logs", "--no-color", "--tail", "60")]
    for container in [c for product in PRODUCTS for c in containers(product, "--all")]:
        state = inspect(container)["State"]
        checks = state.get("Health", {}).get("Log", [])[-2:]
        lines.append(f"{container} {state['Status']} {checks}")
    return "\n".join(lines)
