"""Who may see what: each role, each route, each method, asked of real dashboards without a browser."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from telltale.contract import ConfigError
from telltale.dashboard import role_pages, roles
from telltale.dashboard.boards import Boards
from telltale.dashboard.gate import POLICY, REPORT_POLICY
from telltale.dashboard.links import new_link
from telltale.dashboard.pages import FINDERS, PAGES
from telltale.dashboard.persons import page_of
from telltale.dashboard.role_pages import ByRole, names, pages, without_own_pcs
from telltale.publish.alerts.answers import journal
from telltale.report.index import Entry
from telltale.settings import load
from telltale.workbench.project import Project
from tests.dashboard import alerted, dashboards
from tests.lake_fixture import Lake, fill, write_settings

VIEWER, OPERATOR = "viewers-own-token-0123", "operators-own-token-0123"
ANNA, BEN = "annas-own-token-0123456789", "bens-own-token-0123456789"
TOKENS = {"owner": dashboards.TOKEN, "operator": OPERATOR, "viewer": VIEWER, "anna": ANNA, "ben": BEN, "nobody": ""}
WHO = tuple(TOKENS)
SECRETS = f"""[dashboard]
viewer = "{VIEWER}"
operator = "{OPERATOR}"
[activity]
Anna = "{ANNA}"
"pc:desk-9" = "{BEN}"
"""
DEVICES = "device_id,name,person\npc:desk-3,Desk 3,Anna\npc:desk-4,Desk 4,Anna\n"
REPORTS = {
    "sensor_report/2026-W47": [],
    "activity_time/2026-W47": ["Anna"],
    "activity_time/2026-W47-desk-4": ["Desk 4"],
    "activity_time/2026-W47-desk-9": ["pc:desk-9"],
    "activity_time/2026-W47-mine": ["all PCs"],
    "activity_time/2026-W46": None,
}
HTML = '<!doctype html><html><body><header class="head"></header><script>document.title = "run"</script></body></html>'


class Served(NamedTuple):
    """Running dashboards, and the cookies of each who may ask."""

    running: dashboards.Dashboards
    cookies: Mapping[str, Mapping[str, str]]


def write_reports(root: Path) -> None:
    for name, told_of in REPORTS.items():
        base = root / "data" / "reports" / name
        base.parent.mkdir(parents=True, exist_ok=True)
        entry = Entry(name, "2026-W47", "All is well.", "", "2026-11-23T08:00:00", pdf=told_of == [], told_of=told_of)
        noted = entry._asdict() | {"of_a_later_version": 1}
        if told_of is None:
            del noted["told_of"]
        base.with_name(f"{base.name}.json").write_text(json.dumps(noted))
        base.with_name(f"{base.name}.html").write_text(HTML)
        for ending in (".pdf", ".ipynb", ".running.html", ".failed.ipynb"):
            base.with_name(base.name + ending).write_text("not for everybody")
    (root / "data" / "reports" / "broken").mkdir()
    (root / "data" / "reports" / "broken" / "x.json").write_text("{")
    (root / "data" / "reports" / "broken" / "x.html").write_text(HTML)
    (root / "data" / "reports" / "sensor_report" / "out.html").symlink_to(root / "telltale.toml")
    (root / "data" / "reports" / "sensor_report" / "out.json").write_text(json.dumps(entry._asdict()))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Dashboards with a token for each role, two persons, and reports."""
    root = tmp_path_factory.mktemp("roles")
    fill(root, hours=1).project.close()
    with (root / "secrets.toml").open("a") as file:
        file.write(SECRETS)
    (root / "devices.csv").write_text(DEVICES)
    write_reports(root)
    alerted.alert(root)
    with dashboards.serving(root) as running:
        running.wait()
        yield Served(running, {who: running.log_in(token) if token else {} for who, token in TOKENS.items()})


pytestmark = [pytest.mark.filterwarnings("default")]
LOGIN, OWN = 302, "own"
"""To the login; to the own page."""
KERNEL = "00000000-0000-0000-0000-000000000000"

# What each is answered: owner, operator, viewer, Anna, Ben, nobody.
ROUTES: list[tuple[str, str, tuple[int | str, ...]]] = [
    ("GET", "/", ("operations", "operations", "operations", OWN, OWN, LOGIN)),
    ("GET", "/health", (200, 200, 404, OWN, OWN, LOGIN)),
    ("GET", "/presence", (200, 200, 200, OWN, OWN, LOGIN)),
    ("GET", "/viewer--presence", (404, 404, 404, 404, 404, LOGIN)),
    ("GET", "/operator--health", (404, 404, 404, 404, 404, LOGIN)),
    ("GET", f"/{page_of(ANNA)}", (404, 404, 404, 200, OWN, LOGIN)),
    ("POST", "/health", (403, 403, 403, 403, 403, 403)),
    ("GET", f"/alerts/{alerted.SENSOR}", (200, 200, 404, 404, 404, LOGIN)),
    ("GET", f"/alerts/{alerted.PC}", (200, 404, 404, 404, 404, LOGIN)),
    ("GET", "/alerts/99", (404, 404, 404, 404, 404, LOGIN)),
    ("GET", "/alerts/all", (404, 404, 404, 404, 404, LOGIN)),
    ("POST", f"/alerts/{alerted.SENSOR}", (403, 403, 403, 403, 403, 403)),
    ("GET", f"/api/kernels/{KERNEL}", (404, 404, 404, 404, 404, 403)),
    ("DELETE", f"/api/kernels/{KERNEL}", (405, 405, 405, 405, 405, 405)),
    ("POST", f"/voila/api/shutdown/{KERNEL}", (404, 404, 404, 404, 404, 403)),
    ("GET", "/api/kernels", (404, 404, 404, 404, 404, LOGIN)),
    ("GET", "/reports", (LOGIN, LOGIN, LOGIN, LOGIN, LOGIN, LOGIN)),
    ("GET", "/reports/", (200, 200, 200, 200, 200, LOGIN)),
    ("GET", "/reports/index.html", (200, 200, 200, 200, 200, LOGIN)),
    ("POST", "/reports/", (403, 403, 403, 403, 403, 403)),
    ("GET", "/reports/sensor_report/2026-W47.html", (200, 200, 200, 404, 404, LOGIN)),
    ("GET", "/reports/sensor_report/2026-W47.pdf", (200, 200, 200, 404, 404, LOGIN)),
    ("DELETE", "/reports/sensor_report/2026-W47.html", (403, 403, 403, 403, 403, 403)),
    ("GET", "/reports/activity_time/2026-W47.html", (404, 404, 404, 200, 404, LOGIN)),
    ("GET", "/reports/activity_time/2026-W47.pdf", (404, 404, 404, 404, 404, LOGIN)),
    ("GET", "/reports/activity_time/2026-W47-desk-4.html", (404, 404, 404, 200, 404, LOGIN)),
    ("GET", "/reports/activity_time/2026-W47-desk-9.html", (404, 404, 404, 404, 200, LOGIN)),
    ("GET", "/reports/activity_time/2026-W47-mine.html", (200, 404, 404, 404, 404, LOGIN)),
    ("GET", "/reports/activity_time/2026-W46.html", (404, 404, 404, 404, 404, LOGIN)),
    *(
        ("GET", f"/reports/{path}", (404, 404, 404, 404, 404, status))
        for path, status in (
            ("sensor_report/2026-W47.json", LOGIN),
            ("sensor_report/2026-W47.ipynb", LOGIN),
            ("sensor_report/2026-W47.running.html", LOGIN),
            ("sensor_report/2026-W47.failed.ipynb", LOGIN),
            ("sensor_report/2026-W48.html", LOGIN),
            ("sensor_report/out.html", LOGIN),
            ("broken/x.html", LOGIN),
            ("sensor_report/..%2f..%2f..%2fsecrets.toml", 404),
            ("../telltale.toml", 404),
            ("sensor_report/%00.html", 404),
            ("a/b/c.html", LOGIN),
        )
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "answers"), ROUTES, ids=[f"{row[0]} {row[1]}" for row in ROUTES])
def test_each_route_answers_each_role_as_it_may(
    served: Served, method: str, path: str, answers: tuple[int | str, ...]
) -> None:
    own = {"anna": page_of(ANNA), "ben": page_of(BEN)}
    for who, wanted in zip(WHO, answers, strict=True):
        answer = served.running.ask(path, method=method, cookies=served.cookies[who])
        if isinstance(wanted, str):
            assert (answer.status, answer.headers["Location"]) == (302, f"/{own.get(who, '') or wanted}"), who
        else:
            assert answer.status == wanted, (who, answer)
        if wanted == LOGIN and who == "nobody":
            assert answer.headers["Location"].startswith("/login"), who
        if answer.status == 200 and b"jupyter-config-data" in answer.body:
            end(served, answer, who)


# What each answers to an alert and is told: owner, operator, viewer, Anna, Ben, nobody; then to one of a person's PC.
ANSWERED: list[tuple[str, str, tuple[int, ...]]] = [
    (alerted.SENSOR, "acknowledge", (303, 303, 404, 404, 404, 403)),
    (alerted.SENSOR, "8h", (303, 303, 404, 404, 404, 403)),
    (alerted.SENSOR, "9999h", (400, 400, 400, 400, 400, 403)),
    (alerted.PC, "8h", (303, 404, 404, 404, 404, 403)),
    ("99", "acknowledge", (404, 404, 404, 404, 404, 403)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "answer", "answers"), ANSWERED)
def test_an_alert_is_answered_by_owner_and_operator(
    served: Served, number: str, answer: str, answers: tuple[int, ...]
) -> None:
    before = len(journalled(served))
    for who, wanted in zip(WHO, answers, strict=True):
        sent = served.running.submit(
            f"/alerts/{number}", {"answer": answer}, shown="/logout" if served.cookies[who] else "/login",
            cookies=served.cookies[who],
        )  # fmt: skip
        assert sent.status == wanted, who
    new = [(row["who"], row["what"]) for row in journalled(served)[before:]]
    what = {"acknowledge": "acknowledged", "8h": "snoozed"}.get(answer)
    wrote = [name for name, status in zip(("the owner", "an operator"), answers, strict=False) if status == 303]
    assert new == [(who, what) for who in (wrote[:1] if what == "acknowledged" else wrote)]


@pytest.mark.slow
def test_an_alert_is_answered_by_no_other_page(served: Served) -> None:
    before = len(journalled(served))
    cookies = served.cookies["owner"]
    mark = served.running.ask("/logout", cookies=cookies)
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        form = {"answer": "8h"} if not headers else {"answer": "8h", "_xsrf": mark.cookies.get("_xsrf", "x")}
        path = f"/alerts/{alerted.SENSOR}"
        assert served.running.ask(path, headers, method="POST", form=form, cookies=cookies).status == 403
    assert len(journalled(served)) == before


def journalled(served: Served) -> list[dict[str, object]]:
    with closing(Project(settings=load(served.running.root))) as project:
        return journal(project)[::-1]


@pytest.mark.slow
def test_health_shows_alerts_to_an_operator_without_records(served: Served) -> None:
    for who, has_records in (("owner", True), ("operator", False)):
        answer = opened(served, "health", who)
        html = answer.body.decode()
        assert f'action="alerts/{alerted.SENSOR}"' in html
        assert (f'action="alerts/{alerted.PC}"' in html) is has_records
        assert (str(alerted.RAW_ID) in html) is has_records
        end(served, answer, who)


def end(served: Served, answer: dashboards.Answer, who: str) -> None:
    left = f"/voila/api/shutdown/{answer.kernel}"
    assert served.running.ask(left, method="POST", cookies=served.cookies[who]).status == 204


def opened(served: Served, page: str, who: str) -> dashboards.Answer:
    """A page that has its figures: the process that computes them may need some time at first."""
    deadline = time.monotonic() + 120
    while True:
        answer = served.running.ask(f"/{page}", cookies=served.cookies[who])
        assert answer.status == 200
        if b"board-data" in answer.body:
            return answer
        end(served, answer, who)
        assert time.monotonic() < deadline, served.running.log()


@pytest.mark.slow
def test_a_page_is_made_for_the_role_and_its_kernel_is_of_that_role_alone(served: Served) -> None:
    found = {who: opened(served, "presence", who) for who in ("owner", "operator", "viewer")}
    for who, answer in found.items():
        html = answer.body.decode()
        assert ('name="station"' in html) is (who == "owner"), who
        assert ('data-page="health"' in html) is (who != "viewer"), who
        assert 'href="/reports/">Reports</a>' in html
        assert 'aria-current="page">Presence</a>' in html
        for other in WHO:
            sent = served.cookies[other]
            wanted = 403 if other == "nobody" else 200 if other == who else 404
            assert served.running.ask(f"/api/kernels/{answer.kernel}", cookies=sent).status == wanted
            line = served.running.line(answer.kernel, cookies=sent)
            assert line == (101 if other == who else wanted), (who, other)
        end(served, answer, who)


@pytest.mark.slow
def test_health_is_without_sightings_for_an_operator(served: Served) -> None:
    for who, has_sightings in (("owner", True), ("operator", False)):
        answer = opened(served, "health", who)
        html = answer.body.decode()
        assert ("under pseudonyms" in html) is has_sightings
        assert ('data-slot="card-sightings"' in html) is has_sightings
        end(served, answer, who)


@pytest.mark.slow
def test_the_index_lists_what_a_role_may_open_and_leads_back(served: Served) -> None:
    def listed(who: str) -> set[str]:
        html = served.running.ask("/reports/", cookies=served.cookies[who]).body.decode()
        assert '<a class="back" href="../">' in html
        return {name for name in REPORTS if f'href="{name}.html"' in html}

    everybodys = {"sensor_report/2026-W47"}
    assert listed("viewer") == listed("operator") == everybodys
    assert listed("owner") == everybodys | {"activity_time/2026-W47-mine"}
    assert listed("anna") == {"activity_time/2026-W47", "activity_time/2026-W47-desk-4"}
    assert listed("ben") == {"activity_time/2026-W47-desk-9"}


@pytest.mark.slow
def test_a_report_runs_as_a_page_of_its_own_and_a_pdf_is_saved(served: Served) -> None:
    sent = served.cookies["viewer"]
    html = served.running.ask("/reports/sensor_report/2026-W47.html", cookies=sent)
    assert html.headers["Content-Security-Policy"] == REPORT_POLICY
    assert "allow-same-origin" not in REPORT_POLICY
    assert html.headers["Cache-Control"] == "no-store"
    assert b'<a class="back" href="../">Reports</a>' in html.body
    printed = served.running.ask("/reports/sensor_report/2026-W47.pdf", cookies=sent)
    assert (printed.headers["Content-Type"], printed.headers["Content-Disposition"]) == (
        "application/pdf",
        "attachment",
    )
    assert printed.headers["Content-Security-Policy"] == POLICY
    assert (served.running.root / "data/reports/sensor_report/2026-W47.html").read_text() == HTML, "the file is as made"


@pytest.mark.slow
def test_scripts_and_links_have_a_role_too(served: Served) -> None:
    for token, status in ((VIEWER, 404), (OPERATOR, 200)):
        sent = {"Authorization": f"token {token}"}
        assert served.running.ask("/reports/", sent).status == 200
        assert served.running.ask("/reports/activity_time/2026-W47-mine.html", sent).status == 404
        if status == 404:
            assert served.running.ask("/health", sent).status == 404
    link = new_link(load(served.running.root), role="viewer")
    answer = served.running.submit("/enter", {"code": link.partition("#")[2]})
    assert served.running.ask("/health", cookies=answer.cookies).status == 404
    assert served.running.ask("/reports/", cookies=answer.cookies).status == 200
    with pytest.raises(ConfigError, match=r'\[dashboard\] has no token for "viwer"'):
        new_link(load(served.running.root), role="viwer")


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        (
            'viewr = "a-long-token-0123456"',
            r'"viewr": no such role; expected viewer or operator.*did you mean "viewer"',
        ),
        ('viewer = "short"', r'"viewer": the token has 5 characters, expected at least 16'),
        (f'viewer = "{dashboards.TOKEN}"', "the token is the owner's; give each role one of its own"),
        (f'viewer = "{VIEWER}"\noperator = "{VIEWER}"', "the token is that of operator"),
        (f'viewer = "{ANNA}"\n[activity]\nAnna = "{ANNA}"', "the token is that of Anna"),
    ],
)
def test_a_role_has_a_token_of_its_own(tmp_path: Path, secrets: str, words: str) -> None:
    root = write_settings(tmp_path)
    with (root / "secrets.toml").open("a") as file:
        file.write(f"[dashboard]\n{secrets}\n")
    with pytest.raises(ConfigError, match=words) as caught:
        roles.given(load(root), general=dashboards.TOKEN)
    assert not any(token in str(caught.value) for token in (VIEWER, ANNA, dashboards.TOKEN))


def test_a_token_that_is_replaced_is_another_user(tmp_path: Path) -> None:
    (before,), (after,) = (_given(tmp_path / name, token) for name, token in (("a", VIEWER), ("b", OPERATOR)))
    assert (before.role, after.role) == ("viewer", "viewer")
    assert before.user != after.user
    assert VIEWER not in before.user


def _given(root: Path, token: str) -> list[roles.Given]:
    write_settings(root)
    with (root / "secrets.toml").open("a") as file:
        file.write(f'[dashboard]\nviewer = "{token}"\n')
    return roles.given(load(root))


@pytest.mark.parametrize("has_own_pcs", [False, True])
def test_no_name_of_a_role_leads_to_a_page_that_is_not_its(lake: Lake, *, has_own_pcs: bool) -> None:
    for_roles = pages()
    owners = Boards(lake.project, {**PAGES} if has_own_pcs else {**PAGES, **for_roles}, finders=FINDERS)
    others = Boards(lake.project, for_roles) if has_own_pcs else owners
    boards = ByRole(owners, others, names(has_own_pcs=has_own_pcs))
    answer = boards.get("viewer/presence", {})
    assert answer is not None
    assert answer["page"] == "presence"
    assert 'data-page="presence"' in answer["html"]
    assert 'name="station"' not in answer["html"]
    assert "station" in (boards.get("presence", {}) or {})["html"]
    for role in ("viewer", "operator"):
        with pytest.raises(ConfigError, match="nothing is looked up"):
            boards.find(f"{role}/presence", {"station": "ac:86:74:11:22:33"})
    for page in ("viewer/health", "viewer/../health", "viewer/person-1", "stranger/presence", "viewer/"):
        with pytest.raises(ConfigError, match="no dashboard"):
            boards.get(page, {})
    health = boards.get("operator/health", {})
    assert health is not None
    assert "under pseudonyms" not in health["html"]
    assert "card-sightings" not in health["html"]


def test_a_viewers_page_leads_to_no_page_that_is_not_its() -> None:
    html = (
        '<td class="num"><a href="health?period=7d">Health</a></td><p>x <a href="health">show</a></p>'
        '<a href="health">All <b>report</b></a><a class="x" href="sensors?device=a">Sensors</a><a href="healthy">No</a>'
    )
    answer = {"html": html, "attention": {"health": 2, "sensors": 1}}
    assert role_pages.without_hidden(answer, "viewer") == {
        "html": '<td class="num"></td><p>x </p>All <b>report</b>'
        '<a class="x" href="sensors?device=a">Sensors</a><a href="healthy">No</a>',
        "attention": {"sensors": 1},
    }
    assert role_pages.without_hidden(answer, "operator") is answer


def test_what_is_the_owners_own_is_nobody_elses(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path, more="[activity]\nmine = true\n"))
    assert settings.activity.mine
    assert not without_own_pcs(settings).activity.mine
    assert without_own_pcs(settings).root == settings.root
    assert "operations" not in names(has_own_pcs=True).values()
    assert names(has_own_pcs=False)["viewer/kanban"] == "kanban"
