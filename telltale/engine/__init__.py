"""One way to run an analysis: a text in the Spark dialect or an Arrow table in, a relation out.

Analysis modules know only the protocols `Engine` and `Relation`. `DuckEngine` runs the texts in this process, and
`spark.py` in a session of Spark, which `session.py` opens; the texts obey the rules that let both run them unchanged:
integer microseconds, no time zone in SQL, a total order in every window, and only the functions the linter of the tests
allows.

Source: DESIGN section 7; measured in research/engine.md sections 3 and 4.
"""

from telltale.engine.duck import DuckEngine as DuckEngine
from telltale.engine.duck import DuckRelation as DuckRelation
from telltale.engine.protocol import Engine as Engine
from telltale.engine.protocol import Kernel as Kernel
from telltale.engine.protocol import Parts as Parts
from telltale.engine.protocol import Relation as Relation
from telltale.engine.protocol import RemoteFiles as RemoteFiles
from telltale.engine.protocol import Value as Value
from telltale.engine.texts import deduplication as deduplication
from telltale.engine.texts import filed as filed
from telltale.engine.texts import named_values as named_values
from telltale.engine.texts import with_values as with_values
