"""Reports of nodes that hear nobody, and stays of some devices, in one line each."""

import telltale as tt
from telltale.contract import Raw
from tests.lake_fixture import SITE, at, report

NODE = "AC:86:74:11:22:33"


def beat(project: tt.Project, since: str, until: str, *, site: str = SITE, node: str = NODE, every_s: int = 60) -> None:
    """Empty reports of a node: it lives, and hears nobody."""
    landing = project.landing()
    try:
        for us in range(at(since), at(until) + 1, every_s * 10**6):
            body = report(node, [], site=site) + b" " * (us // 10**6 % 97)
            landing.append(Raw(0, "cloudtrax", us, "127.0.0.1", "{}", body))
    finally:
        landing.close()


def devices(count: int, since: str, until: str) -> list[tuple[str, str, str]]:
    return [(f"3c:06:30:aa:bb:{n:02x}", since, until) for n in range(count)]
