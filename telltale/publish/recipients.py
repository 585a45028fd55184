"""Who may be sent what: what tells of one person's PCs goes to the address of that person alone.

The address stands in `[publish] people` of telltale.toml, by the person's name in devices.csv, or by the PC's id or
name where it names none. What a report is given decides before it is made, what its numbers are about decides when it
leaves: a notebook of one's own, with parameters of other names, is no way around it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from telltale.activity import question as pcs
from telltale.contract import ConfigError
from telltale.page.claims import Claim
from telltale.settings import Settings
from telltale.workbench.project import Project

_PERSONAL = ("pc", "person")
"""Kinds of subjects that are one person's."""


def checked(
    project: Project,
    recipient: str,
    *,
    parameters: Mapping[str, Any],
    claims: Iterable[Mapping[str, Any]] = (),
    what: str = "report",
) -> None:
    """Refuse what tells of a person's PCs to anybody but that person; where all data are invented, to nobody.

    Args:
        project: whose devices.csv and settings count.
        recipient: a mail address, or a name of secrets.toml.
        parameters: what the report is given.
        claims: its numbers (`Report.claims`), where it is made already.
        what: how it is called in the sentence, such as `report work_hours`.

    Raises:
        ConfigError: the recipient is another one, or the person has no address.
    """
    if project.settings.shows_single_pcs:
        return
    for person in persons(project, parameters, claims):
        own = address_of(project.settings, person)
        if own is None:
            raise ConfigError(
                f"{what}: it tells of {person}, whose address is not known, so it goes to nobody; expected it in "
                f'telltale.toml below [publish]: people = {{ "{person}" = "..." }}'
            )
        if own.casefold() != recipient.casefold():
            raise ConfigError(
                f'{what}: "{recipient}" may not have it, since it tells of {person}, whose address in telltale.toml '
                f'[publish] people is another one; take it out of "to": a person\'s hours go to that person alone'
            )


def address_of(settings: Settings, person: str) -> str | None:
    """Where a person's own messages go: an address, or a name of secrets.toml; None where nothing is set."""
    by_name = {name.casefold(): address for name, address in settings.publish.people.items()}
    return by_name.get(person.casefold())


def persons(project: Project, parameters: Mapping[str, Any], claims: Iterable[Mapping[str, Any]] = ()) -> list[str]:
    """The people a report tells of singly, by their names in devices.csv; a PC that has none by its own.

    Args:
        project: whose.
        parameters: any value counts that is a person, or a PC by id or name.
        claims: see `checked`.
    """
    meant = {text.strip() for value in parameters.values() for text in _texts(value) if text.strip()}
    subjects = {Claim.of(claim).subject for claim in claims}
    personal = {subject.id or subject.name for subject in subjects if subject.kind in _PERSONAL}
    if not meant and not personal:
        return []
    owners = _owners(project)
    listed = {owners[text.casefold()] for text in meant | personal if text.casefold() in owners}
    return sorted(listed | {text for text in personal if text.casefold() not in owners})


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))


def _owners(project: Project) -> dict[str, str]:
    """Whose each PC is, by whatever it may be called, and each person by their own name; all in lower case."""
    heard = pcs.ask(pcs.all_pcs, "1d", None, of=None, project=project).to_pylist()
    listed = project.device_info().to_pylist()
    persons_ = {row["device_id"]: row["person"] for row in [*listed, *heard] if row["person"]}
    names = {row["device_id"]: row["name"] for row in [*heard, *listed] if row["name"]}
    aliases = {row["device_id"]: row["same_as"] for row in listed if row["same_as"]}
    found: dict[str, str] = {}
    ids = {*persons_, *aliases, *aliases.values(), *(row["device_id"] for row in heard)}
    ids |= {row["device_id"] for row in listed if row["device_id"].startswith("pc:")}
    for device_id in sorted(ids):
        pc = aliases.get(device_id, device_id)
        person = persons_.get(pc) or persons_.get(device_id) or names.get(pc) or pc
        for text in (device_id, names.get(device_id, ""), device_id.partition(":")[2], person):
            if text:
                found[text.casefold()] = person
    return found
