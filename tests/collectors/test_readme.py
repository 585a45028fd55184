"""`collectors/README.md`: each command of its blocks "Try it" run against a real collector stores its record."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.landing import Store
from telltale.settings import load
from tests.collectors.coap import needs_libcoap
from tests.collectors.sockets import until
from tests.collectors.test_collect_coap import collecting as collecting_coap
from tests.mosquitto import mosquitto
from tests.served import collecting, make_project

ROOT = Path(__file__).parents[2]
README = (ROOT / "collectors" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
SECRET = "6f1c0a4b9d2e8f37"
SECRETS = f'[cloudtrax]\n71234 = "{SECRET}"\n[sigfox]\nbackend = "{SECRET}"\n[meraki]\noffice = "{SECRET}"\n'

pytestmark = pytest.mark.slow


def run(root: Path, block: str, *, http: int = 0, coap: int = 0, mqtt: int = 0) -> list[str]:
    """The lines a block of the README prints, run in a project's folder with other ports."""
    ports = {":8080": f":{http}", ":5683": f":{coap}", "-p 1883": f"-p {mqtt}", "<secret>": SECRET}
    for told, real in ports.items():
        block = block.replace(told, real)
    client = shutil.which("coap-client") or shutil.which("coap-client-notls") or "coap-client"
    block = re.sub(r"^coap-client\b", client, block, flags=re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    known = os.environ | {"PATH": path, "TELLTALE_HOME": str(root)}
    done = subprocess.run(
        ["sh", "-eu", "-c", block],
        cwd=root,
        env=known,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout.splitlines()


def of(words: str) -> list[str]:
    found = [block for block in BLOCKS if words in block]
    assert found, f"no block with {words}"
    return found


def stored(root: Path) -> list[str]:
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        return [row.source for row in connection.execute(sa.text("select source from raw order by id"))]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A project as `telltale init` leaves it, no secret set, and its collector's port."""
    with collecting(make_project(tmp_path_factory.mktemp("fresh"), secrets="")) as running:
        yield running.root, running.port


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The same with every secret set."""
    with collecting(make_project(tmp_path_factory.mktemp("closed"), secrets=SECRETS)) as running:
        yield running.root, running.port


def test_every_block_is_tried_here() -> None:
    tried = [*of("/receive"), *of("/data/1"), *of("Signature:"), *of("Bearer"), *of("/meraki"), *of("coap-client")]
    tried += [*of("press.pcap"), *of("mosquitto_pub"), *of("modem send")]
    assert sorted(tried) == sorted(BLOCKS)
    sections = {section.partition(":")[0]: section for section in README.split("\n## ")[1:]}
    tries = {name: sections[name].count("**Try it**") for name in ("webhooks", "coap", "arp", "mqtt", "idle")}
    assert tries == {"webhooks": 3, "coap": 1, "arp": 1, "mqtt": 1, "idle": 1}


def test_a_fresh_project_takes_the_tutorials_bodies(fresh: tuple[Path, int]) -> None:
    root, port = fresh
    [unsigned], [tutorials] = of("/receive"), of("/data/1")
    assert run(root, unsigned, http=port)[-1] == "200"
    assert run(root, tutorials, http=port) == ["200", "201"]
    assert stored(root)[-3:] == ["cloudtrax", "sigfox", "sigfox"]


@pytest.mark.parametrize(
    ("words", "source", "printed"),
    [("Signature:", "cloudtrax", "ok200"), ("Bearer", "sigfox", "204"), ("/meraki", "meraki", "ok200")],
)
def test_with_a_secret_its_command_is_stored(closed: tuple[Path, int], words: str, source: str, printed: str) -> None:
    root, port = closed
    [block] = of(words)
    assert run(root, block, http=port) == [printed]
    assert stored(root)[-1] == source


def test_a_simulated_modems_frame_comes_back(fresh: tuple[Path, int]) -> None:
    root, port = fresh
    [block] = of("modem send")
    before = len(stored(root))
    assert "sent" in " ".join(run(root, block, http=port))
    assert stored(root)[before:] == ["sigfox"]


@needs_libcoap
def test_a_sensors_frame_is_stored(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets="")
    [block] = of("coap-client")
    with collecting_coap(root) as (port, _):
        run(root, block, coap=port)
        until(lambda: stored(root) == ["efento"], "not stored")


def test_a_sample_capture_is_a_press(tmp_path: Path) -> None:
    [block] = of("press.pcap")
    printed = run(make_project(tmp_path), block)
    assert any("press.pcap" in line for line in printed), printed
    assert set(stored(tmp_path)) == {"button"}


def test_a_message_of_a_broker_is_stored(tmp_path: Path) -> None:
    [block] = of("mosquitto_pub")
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path / "broker"))
        toml = f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\ntls = false\n'
        root = make_project(
            tmp_path / "project", f'{toml}topics = {{ "plant/sigfox" = "sigfox/uplink" }}\n', secrets=""
        )
        command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "mqtt"]
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stderr is not None
        next(line for line in process.stderr if "connected to" in line)
        run(root, block, mqtt=broker.port)
        until(lambda: stored(root) == ["sigfox"], "not stored")
