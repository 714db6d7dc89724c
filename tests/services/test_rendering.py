"""Migrations render alone what they change, and come to the models that Django comes to.

That the tables are the same too is seen where a filled database goes back and forward: `make soak` has Django alone make
one beside it.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations import AddField, AddIndex, CreateModel, RemoveField
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from config.rendering import what_changes_alone

MOST_FOR_ONE_OPERATION = 5
"""Django's own is more than fifty."""
DEEPLY = MigrationAutodetector(ProjectState(), ProjectState())


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are rendered, in turn."""
    found: list[str] = []
    djangos = ModelState.render

    def render(state: ModelState, apps: Any) -> Any:
        found.append(state.name)
        return djangos(state, apps)

    monkeypatch.setattr(ModelState, "render", render)
    return found


def look(model: type[models.Model]) -> tuple[Any, ...]:
    """What a table is made from."""
    state = ModelState.from_model(model)
    fields = DEEPLY.deep_deconstruct(state.fields)
    types = {field.name: field.db_parameters(connections["owner"]) for field in model._meta.local_fields}
    options = {name: state.options.get(name) for name in ("constraints", "indexes", "triggers", "db_table")}
    return fields, types, options, state.bases


def looks(state: ProjectState) -> dict[str, tuple[Any, ...]]:
    found = state.apps.get_models(include_auto_created=True)
    return {model._meta.label: look(model) for model in found}


@pytest.mark.django_db
def test_all_of_ours_end_as_django_renders_them(rendered: list[str]) -> None:
    executor = MigrationExecutor(connections["owner"])
    loader = executor.loader
    state, operations = ProjectState(real_apps=loader.unmigrated_apps), 0
    assert state.apps
    with what_changes_alone():
        for migration, _ in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True):
            operations += len(migration.operations)
            state = migration.mutate_state(state, preserve=False)
    assert operations > 500
    assert len(rendered) < operations * MOST_FOR_ONE_OPERATION
    assert looks(state) == looks(loader.project_state())


ID = ("id", models.BigAutoField(primary_key=True))


def refers_to(name: str) -> Any:
    return models.ForeignKey(f"clinic.{name}", models.CASCADE, null=True)


@pytest.fixture
def state(rendered: list[str]) -> ProjectState:
    """House <- Room <- Chair, all rendered."""
    found = ProjectState()
    for operation in (
        CreateModel("House", [ID, ("name", models.TextField())]),
        CreateModel("Room", [ID, ("house", refers_to("House"))]),
        CreateModel("Chair", [ID, ("room", refers_to("Room"))]),
    ):
        operation.state_forwards("clinic", found)
    assert found.apps
    rendered.clear()
    return found


ALONE: list[tuple[Operation, str]] = [
    (AddIndex("Room", models.Index(fields=["house"], name="an_index")), "Room"),
    (AddField("Room", "name", models.TextField(default="")), "Room"),
    (AddField("House", "best", refers_to("Room")), "House"),
    (CreateModel("Window", [ID, ("room", refers_to("Room"))]), "Window"),
]


@pytest.mark.parametrize(("operation", "changed"), ALONE)
def test_what_only_adds_renders_one_model_and_python_code_sees_all_anew(
    operation: Operation, changed: str, state: ProjectState, rendered: list[str]
) -> None:
    with what_changes_alone():
        operation.state_forwards("clinic", state)
    assert rendered == [changed]
    assert state.is_delayed
    state.clear_delayed_apps_cache()  # what RunPython begins with
    for model in state.apps.get_models():
        for field in model._meta.fields:
            if field.is_relation:
                assert field.related_model is state.apps.get_model(field.related_model._meta.label)


def test_what_takes_away_is_rendered_as_django_does(state: ProjectState, rendered: list[str]) -> None:
    with what_changes_alone():
        RemoveField("Room", "house").state_forwards("clinic", state)
    assert set(rendered) == {"House", "Room", "Chair"}


def test_a_model_made_of_another_takes_its_new_field(state: ProjectState) -> None:
    with what_changes_alone():
        CreateModel("Hall", [], bases=("clinic.room",), options={"proxy": True}).state_forwards(
            "clinic", state
        )
        AddField("Room", "name", models.TextField(default="")).state_forwards("clinic", state)
    assert state.apps.get_model("clinic", "Hall")._meta.get_field("name")


def test_a_django_that_renders_otherwise_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ProjectState, "_find_reload_model")
    with pytest.raises(RuntimeError, match="rendering"), what_changes_alone():
        raise AssertionError
