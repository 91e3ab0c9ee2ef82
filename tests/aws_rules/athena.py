"""Athena, Glue and QuickSight: what a table, a view and a data source need."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

from tests.aws_rules.planned import Planned
from tests.aws_rules.rule import Problem, rule


@rule(
    "glue.view-serde",
    page='unproven by AWS; the error "Table storage descriptor is missing SerDe info" is reported for views',
    looks_at="the storage descriptor of every table and view",
    cure="a ser_de_info block, for views as well",
)
def _serde(planned: Planned) -> Iterator[Problem]:
    for table in planned.of("aws_glue_catalog_table"):
        descriptors = table.values.get("storage_descriptor") or [{}]
        if not descriptors[0].get("ser_de_info"):
            yield table.address, "has no SerDe"


@rule(
    "glue.view-text",
    page="unproven by AWS; what Athena itself writes for CREATE VIEW",
    looks_at="the text of every view",
    cure='"/* Presto View: <base64 of JSON> */" with originalSql, catalog, schema and columns, in the order '
    'and the types of the table\'s, expanded text "/* Presto View */", parameter presto_view = true',
)
def _view(planned: Planned) -> Iterator[Problem]:
    for table in planned.of("aws_glue_catalog_table"):
        if table.values.get("table_type") != "VIRTUAL_VIEW":
            continue
        text = table.values.get("view_original_text") or ""
        match = re.fullmatch(r"/\* Presto View: (\S+) \*/", text)
        view = json.loads(base64.b64decode(match[1])) if match else {}
        if not {"originalSql", "catalog", "schema", "columns"} <= view.keys():
            yield table.address, "is no view that Athena can read"
            continue
        names = [column["name"] for column in table.get("storage_descriptor.columns") or []]
        if [column["name"] for column in view["columns"]] != names:
            yield table.address, "names other columns than its SQL"
        if (table.values.get("parameters") or {}).get("presto_view") != "true":
            yield table.address, "lacks the parameter presto_view"


@rule(
    "glue.names",
    page='"Name databases, tables, and columns"',
    looks_at="names of databases, tables and columns",
    cure="lower-case letters, digits and underscores, at most 255 characters",
)
def _names(planned: Planned) -> Iterator[Problem]:
    for one in planned.of("aws_glue_catalog_database", "aws_glue_catalog_table"):
        for name in [one.values["name"], *(column["name"] for column in one.get("storage_descriptor.columns") or [])]:
            if name and not re.fullmatch(r"[a-z0-9_]{1,255}", name):
                yield one.address, f"cannot use the name {name!r}"


@rule(
    "glue.projection",
    page='"Set up partition projection"',
    looks_at="tables with partition projection",
    cure="a type for every partition key, and a location template that names every key and ends where data begins",
)
def _projection(planned: Planned) -> Iterator[Problem]:
    for table in planned.of("aws_glue_catalog_table"):
        parameters = table.values.get("parameters") or {}
        if parameters.get("projection.enabled") != "true":
            continue
        template = parameters.get("storage.location.template")
        for key in table.values.get("partition_keys") or []:
            if f"projection.{key['name']}.type" not in parameters:
                yield table.address, f"does not say of which type the projected key {key['name']} is"
            if template is not None and f"${{{key['name']}}}" not in template:
                yield table.address, f"its location template does not name {key['name']}"


@rule(
    "athena.query-size",
    page='"Service Quotas" (Athena)',
    looks_at="saved queries",
    cure="262,144 bytes",
)
def _query(planned: Planned) -> Iterator[Problem]:
    for query in planned.of("aws_athena_named_query"):
        if len(query.values["query"].encode()) > 262_144:
            yield query.address, "is too long"


@rule(
    "quicksight.data-source-role",
    page='"CreateDataSource"',
    looks_at="an Athena data source of QuickSight",
    cure="role_arn in its Athena parameters (not in provider 5), or the role in one apply and the source in a later: "
    "creating the source runs a test query as the role that QuickSight has by then",
)
def _role(planned: Planned) -> Iterator[Problem]:
    for source in planned.of("aws_quicksight_data_source"):
        path = "parameters.athena.role_arn"
        if source.values.get("type") == "ATHENA" and not (source.get(path) or source.is_unknown(path)):
            for role in planned.created("aws_iam_role"):
                if "quicksight.amazonaws.com" in (role.values.get("assume_role_policy") or ""):
                    yield (
                        source.address,
                        f"is tested as QuickSight's own role, before anybody can choose {role.address}",
                    )
