"""`compose.yaml`: it is sound, and what it runs works, on this machine's PostgreSQL and Redis."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import signal
import socket
import sys
import tomllib
from contextlib import ExitStack

import pytest
import yaml

from tests.examples.running import ROOT, Customer, Program, wait_until
from wechatpay_chain.gateway import Gateway

FOLDER = ROOT / "examples" / "shop"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
RUNNING = ("gateway", "web", "worker", "beat")


def test_services_wait_for_what_they_need():
    assert OURS.keys() == {*RUNNING, "tables"}
    for name, service in SERVICES.items():
        assert ("healthcheck" in service) == (name in ("postgres", "redis", "gateway"))
        for needed, how in service.get("depends_on", {}).items():
            ready = "service_healthy"
            if needed == "tables":
                ready = "service_completed_successfully"
            assert how == {"condition": ready}
            assert needed in SERVICES
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"].keys() == {"postgres", "redis", "gateway", "tables"}


def test_nothing_is_offered_to_other_machines():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in ports)


def test_volumes_are_declared():
    used = {each.partition(":")[0] for one in SERVICES.values() for each in one.get("volumes", ())}
    assert used == COMPOSE["volumes"].keys()


def test_the_image_has_what_it_needs():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for service in OURS.values():
        assert (FOLDER / service["build"]["context"]).resolve() == ROOT
        dockerfile = service["build"]["dockerfile_inline"].replace("\\\n", " ")
        lines = [line.split(maxsplit=1) for line in dockerfile.splitlines()]
        copied = [name for verb, rest in lines if verb == "COPY" for name in rest.split()[:-1]]
        assert [name for name in copied if not (ROOT / name).exists()] == []
        forced = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
        assert {"pyproject.toml", "wechatpay_chain", "stubs", "examples", *forced} <= {*copied}
        (install,) = [rest for _, rest in lines if "--group" in rest]
        words = shlex.split(install)
        assert words[words.index("--group") + 1] in settings["dependency-groups"]
        extras = re.search(r"\.\[([\w,]+)\]", install)[1].split(",")
        assert {*extras} <= settings["project"]["optional-dependencies"].keys()


def environment(service, **changes):
    """A service's variables, with others in the place of those that lead to containers."""
    assert changes.keys() <= service["environment"].keys()
    return {**service["environment"], **{name: str(each) for name, each in changes.items()}}


@pytest.fixture
def deployment(tmp_path, monkeypatch):
    """The module that the services run, as it is loaded without any server but the gateway."""
    with Gateway(data=tmp_path / "data") as gateway:
        changes = {
            "SHOP_DATABASE": f"sqlite:///{tmp_path}/shop.db",
            "WECHATPAY_GATEWAY": tmp_path / "data" / "gateway.json",
        }
        for name, value in environment(SERVICES["web"], **changes).items():
            monkeypatch.setenv(name, value)
        module = importlib.import_module("examples.shop.deployment")
        assert module.shop.wxpay.appid == gateway.identity.appid
        yield module
        module.queue.close()
        module.shop.wxpay.close()
        module.engine.dispose()
        del sys.modules["examples.shop.deployment"]


def test_what_the_services_run_is_there(deployment):
    named = {
        word.rpartition(":")[2]
        for service in OURS.values()
        for word in service["command"]
        if word.startswith("examples.shop.deployment:")
    }
    assert named == {"queue", "app"} < vars(deployment).keys()
    tasks = {name for name in deployment.queue.tasks if not name.startswith("celery.")}
    assert tasks == {f"wechatpay_chain.{each}" for each in ("inbox", "outbox", "watch", "bills")}
    assert deployment.queue.conf.beat_schedule.keys() == tasks
    assert deployment.queue.conf.timezone == "Asia/Shanghai"
    source = (FOLDER / "deployment.py").read_text("utf-8")
    variables = {name for name in SERVICES["web"]["environment"] if name.startswith("SHOP_")}
    assert set(re.findall(r'"(SHOP_\w+)"', source)) == {*variables, "SHOP_PREFIX"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


class Machine:
    """This machine, in the place of the containers."""

    def __init__(self, folder, postgres, redis_server):
        ports = {"8790": free_port(), "8000": free_port()}
        self._replaced = {
            "0.0.0.0": "127.0.0.1",
            "/data": f"{folder}/data",
            "/tmp/beat": f"{folder}/beat",
            **ports,
        }
        self.shop, self.gateway = (f"http://127.0.0.1:{ports[each]}/" for each in ("8000", "8790"))
        self._variables = environment(
            SERVICES["web"],
            SHOP_DATABASE=postgres.with_driver("psycopg"),
            SHOP_BROKER=redis_server.url,
            SHOP_BILLS=f"{folder}/bills",
            WECHATPAY_NOTIFY_URL=f"{self.shop}wechatpay/notify",
            WECHATPAY_GATEWAY=self.gateway,
        )
        self.token = self._variables["WECHATPAY_CONTROL_TOKEN"]
        others = {"SHOP_PREFIX": redis_server.name, "PYTHONWARNINGS": "ignore"}
        self.environment = {**os.environ, **self._variables, **others}

    def start(self, command):
        """A command of the file, with what is elsewhere on this machine replaced."""
        pattern = re.compile("|".join(map(re.escape, self._replaced)))
        words = [pattern.sub(lambda found: self._replaced[found[0]], each) for each in command]
        interpreter = [sys.executable] if words[0] == "python" else [sys.executable, "-m", words[0]]
        return Program([*interpreter, *words[1:]], self.environment)

    def succeeds(self, command):
        with self.start(command) as program:
            return program.process.wait(120) == 0


def test_the_services_work_together(tmp_path, postgres, redis_server):
    machine = Machine(tmp_path, postgres, redis_server)
    with ExitStack() as stack:
        programs = {}

        def start(*names):
            for name in names:
                program = machine.start(SERVICES[name]["command"])
                programs[name] = stack.enter_context(program)

        start("gateway")
        kind, *check = SERVICES["gateway"]["healthcheck"]["test"]
        assert kind == "CMD"
        wait_until(lambda: machine.succeeds(check))
        assert machine.succeeds(SERVICES["tables"]["command"])
        start("web", "worker", "beat")
        customer = stack.enter_context(Customer(machine.shop, machine.gateway, machine.token))
        wait_until(customer.is_open)

        number = customer.order()
        customer.pay(number)
        wait_until(lambda: customer.state(number) == "paid")
        customer.refund(number)

        def is_refunded():
            customer.let_time_pass()
            return customer.state(number) == "refunded"

        wait_until(is_refunded)
        assert customer.received() == "¥0.00"
        for name in reversed(RUNNING):
            code, said = programs[name].end(signal.SIGTERM)
            # uvicorn ends itself by the signal, once it has closed its connections.
            assert code == (-signal.SIGTERM if name == "web" else 0), said
            assert "Traceback" not in said
