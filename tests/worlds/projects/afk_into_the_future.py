"""An imported record of a PC's use whose last stretch away lasts a month into the future."""

import json

from tests.worlds.projects.common import listed
from tests.worlds.sent import Bytes, at
from tests.worlds.world import World, figure

EXPORT = {
    "buckets": {
        "aw-watcher-afk_desk-h": {
            "id": "aw-watcher-afk_desk-h",
            "type": "afkstatus",
            "client": "aw-watcher-afk",
            "hostname": "desk-h",
            "events": [
                {"timestamp": "2026-11-20T08:00:00+00:00", "duration": 3600, "data": {"status": "not-afk"}},
                {"timestamp": "2026-11-20T09:00:00+00:00", "duration": 2592000, "data": {"status": "afk"}},
            ],
        }
    }
}
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 18:00"),
    sent=[
        Bytes(
            at("2026-11-20 13:00"),
            "pc_idle",
            "POST",
            "/activitywatch",
            json.dumps(EXPORT).encode(),
            {"content-type": "application/json"},
        )
    ],
    settings="[activity]\nshow_everyone = true\n",
    devices=listed("pc:desk-h,Desk H,Hanna", columns="name,person"),
    people=["Hanna"],
    says={"person-Hanna": ["1.0 h"]},
    never={"*": ["9 h", "8.0 h", "7.0 h", "nearly every hour is recorded", " Dec,", "1 Dec"]},
    figures=[figure("pcs"), figure("told_known_s", pc="desk-h"), figure("told_active_s", pc="desk-h")],
)
