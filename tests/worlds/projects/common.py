"""What several projects share: settings and names of sensors, in the words of a user's files."""

UNITS = """
[sources.sigfox.quantities]
temperature = { unit = "°C" }
humidity = { unit = "%" }
co2 = { unit = "ppm" }
"""
NODE = "AC:86:74:11:22:33"
NODE_ID = "ac:86:74:11:22:33"
BUTTON, ACK = "02:7e:11:a0:00:01", "02:7e:11:a0:00:02"
BUTTONS = f"""Name,MAC-Address,role,item,ack_for,container_qty,dead_time_s,cards,lead_time_days
Bolts line 1,{BUTTON},button,bolts,,200,60,6,
Bolts delivered,{ACK},ack,,bolts,,,,
"""


KEPT = r"~(?<!whether )the( one)? sensor( with limits)? kept its limits(?!( in the last \d+ \w+)? as far as is known)"
"""Says that limits were kept; “whether … kept its limits is not known” does not."""

LONE = "".join(line for line in BUTTONS.splitlines(keepends=True) if ACK not in line)
"""Without a button that acknowledges."""


def listed(*lines: str, columns: str = "name,expected_interval_s,low,high") -> str:
    """devices.csv."""
    return "\n".join([f"device_id,{columns}", *lines, ""])
