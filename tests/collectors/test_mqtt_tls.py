"""MQTT over TLS, in and out: the broker must be who it says it is, and no password is sent before."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collectors.common.packetlog import PacketLog
from collectors.mqtt_subscriber import Subscriber
from telltale.contract import ConfigError
from telltale.door import open_door
from telltale.forward.session import Session
from telltale.forward.smartrest import Message
from telltale.forward.target import Unreachable
from telltale.settings import Settings
from telltale.settings.brokers import MqttSettings
from telltale.transports import topics
from tests.collectors.test_mqtt_subscriber import wait_for
from tests.mosquitto import LOCAL_NAMES, PASSWORD, USER, Broker, certificates, mosquitto

LOGIN = (USER, PASSWORD)
UNTRUSTED = {
    "another host's name": ({"names": "DNS:elsewhere.example"}, "Hostname mismatch"),
    "another address": ({"names": "DNS:localhost,IP:127.0.0.9"}, "IP address mismatch"),
    "expired": ({"days": -1}, "certificate has expired"),
    "another authority": ({}, "certificate signature failure|unable to get local issuer|self-signed"),
}


@contextmanager
def certified(tmp_path: Path, what: str) -> Iterator[tuple[Broker, str, Path, str]]:
    """A broker with such a certificate; the name it is asked by, whom to trust, and what is wrong."""
    options, wrong = UNTRUSTED[what]
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN, **options) as broker:  # type: ignore[arg-type] # a table
        ca_file = broker.ca_file
        if what == "another authority":
            (tmp_path / "other").mkdir()
            certificates(tmp_path / "other", name="other")
            ca_file = tmp_path / "other" / "other.crt"
        yield broker, "127.0.0.1" if "address" in what else "localhost", ca_file, wrong


@contextmanager
def subscriber(tmp_path: Path, host: str, port: int, ca_file: Path) -> Iterator[Subscriber]:
    settings = Settings(root=tmp_path)
    mqtt = MqttSettings(host=host, port=port, ca_file=str(ca_file), username=USER, topics={"a/#": "cloudtrax"})
    found = topics(mqtt)
    packets = PacketLog()
    with closing(open_door(settings, [topic.source for topic in found])) as door, closing(packets):
        yield Subscriber(door, packets, mqtt, found, password=PASSWORD)


@pytest.mark.parametrize("what", UNTRUSTED)
def test_a_broker_with_a_wrong_certificate_gets_no_password(tmp_path: Path, what: str) -> None:
    with certified(tmp_path, what) as (broker, host, ca_file, wrong):
        with (
            subscriber(tmp_path, host, broker.tls_port, ca_file) as collecting,
            pytest.raises(ConfigError, match=rf"TLS failed \(.*({wrong})"),
        ):
            collecting.run()
        with pytest.raises(Unreachable, match=rf"its certificate is not trusted \(.*({wrong})"):
            Session(host, broker.tls_port, "gateway", user=USER, password=PASSWORD, tls=True, ca_file=str(ca_file))
        assert USER not in broker.log


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_press_goes_out_over_tls_under_either_name(tmp_path: Path, host: str) -> None:
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN, names=LOCAL_NAMES, options="log_type all") as broker:
        session = Session(
            host, broker.tls_port, "gateway", user=USER, password=PASSWORD, tls=True, ca_file=str(broker.ca_file)
        )
        session.publish(Message("s/us", "400"))
        session.close()
        wait_for(lambda: "PUBLISH from gateway" in broker.log, lambda: broker.log)
